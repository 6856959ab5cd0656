#include "verdict/base/json.h"

#include <algorithm>
#include <set>
#include <vector>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"

namespace verdict {

namespace {

std::string position(std::string_view text, std::size_t byte) {
  const std::string_view before = text.substr(0, std::min(byte, text.size()));
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t line_start = before.rfind('\n');
  const std::size_t column =
      before.size() - (line_start == std::string_view::npos ? 0 : line_start + 1);
  return concat("line ", line, ", column ", column);
}

nlohmann::json parse(std::string_view text, std::string_view name,
                     const nlohmann::json::parser_callback_t& callback) {
  try {
    return nlohmann::json::parse(text.begin(), text.end(), callback);
  } catch (const nlohmann::json::parse_error& error) {
    const std::size_t start = text.find_first_not_of(" \t\r\n");
    if (start != std::string_view::npos && text[start] == '<') {
      throw Error(
          ErrorCode::kCorruptFile,
          concat("\"", name,
                 "\" is a web page, not JSON: the server answered with a page instead of the file. "
                 "Check the address and whether the model needs a token."));
    }
    throw Error(ErrorCode::kCorruptFile,
                concat("\"", name, "\" is not valid JSON (", position(text, error.byte),
                       "). Get the file again."));
  } catch (const nlohmann::json::out_of_range&) {
    throw Error(ErrorCode::kCorruptFile,
                concat("\"", name, "\" has a number that is too large. Get the file again."));
  }
}

}  // namespace

nlohmann::json parse_json(std::string_view text, std::string_view name) {
  return parse(text, name, nullptr);
}

nlohmann::json parse_unique_json(std::string_view text, std::string_view name) {
  using Event = nlohmann::json::parse_event_t;
  std::vector<std::set<std::string>> open;  // the keys of the objects around the current place
  return parse(text, name, [&](int, Event event, const nlohmann::json& parsed) {
    if (event == Event::object_start) open.emplace_back();
    if (event == Event::object_end) open.pop_back();
    if (event == Event::key && !open.back().insert(parsed.get<std::string>()).second) {
      throw Error(ErrorCode::kCorruptFile,
                  concat("\"", name, "\" has the key ", to_text(parsed), " twice."));
    }
    return true;
  });
}

std::string to_text(const nlohmann::json& json, int indent) {
  return json.dump(indent, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string quoted_text(std::string_view text) { return to_text(std::string(text.substr(0, 100))); }

}  // namespace verdict

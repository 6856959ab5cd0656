#include "verdict/base/json.h"

#include <algorithm>
#include <charconv>
#include <clocale>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <system_error>

#include "verdict/base/error.h"
#include "verdict/base/json_scanner.h"
#include "verdict/base/strings.h"
#include "verdict/base/utf8.h"

namespace verdict {

namespace {

using nlohmann::json;

/// Line and column of a byte, from 1.
std::string position(std::string_view text, std::size_t byte) {
  const std::string_view before = text.substr(0, std::min(byte, text.size()));
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t line_start = before.rfind('\n');
  const std::size_t column =
      before.size() - (line_start == std::string_view::npos ? 0 : line_start + 1) + 1;
  return concat("line ", line, ", column ", column);
}

struct NumberTooLarge {};
struct NestedTooDeep {};

/// Makes a tree of a text. Throws the above, `JsonScanner::Malformed`, and `Error` for a key that
/// stands twice where that matters.
class TreeParser {
 public:
  TreeParser(std::string_view text, std::string_view name, bool is_unique)
      : scanner_(text), name_(name), is_unique_(is_unique) {}

  json parse() {
    json root;
    read(root, 0);
    if (!scanner_.at_end()) throw JsonScanner::Malformed();
    return root;
  }

  std::size_t position() const { return scanner_.position(); }

 private:
  /// No file of a model is nested as deeply; what walks trees does so by recursion.
  static constexpr int kDeepest = 128;

  void read(json& out, int depth) {
    const char first = scanner_.peek();
    if (depth == kDeepest && (first == '{' || first == '[')) throw NestedTooDeep();
    if (first == '{') {
      out = json::object();
      auto& members = out.get_ref<json::object_t&>();
      scanner_.object([&](std::string_view key) {
        const auto [member, is_new] = members.try_emplace(std::string(key));
        if (is_unique_ && !is_new) {
          throw Error(ErrorCode::kCorruptFile,
                      concat("\"", name_, "\" has the key ", to_text(member->first), " twice."));
        }
        read(member->second, depth + 1);
      });
    } else if (first == '[') {
      out = json::array();
      auto& items = out.get_ref<json::array_t&>();
      scanner_.array([&] { read(items.emplace_back(), depth + 1); });
    } else if (first == '"') {
      out = std::string(scanner_.string(room_));
    } else if (scanner_.at_number()) {
      out = number(scanner_.number());
    } else {
      out = literal(scanner_.value());
    }
  }

  static json literal(std::string_view text) {
    if (text == "null") return nullptr;
    if (text != "true" && text != "false") throw JsonScanner::Malformed();
    return text == "true";
  }

  /// An integer where it is written as one and fits, else a double.
  static json number(std::string_view text) {
    if (text.find_first_of(".eE") == std::string_view::npos) {
      std::int64_t negative = 0;
      std::uint64_t natural = 0;
      const char* end = text.data() + text.size();
      if (text.front() == '-' ? std::from_chars(text.data(), end, negative).ec == std::errc()
                              : std::from_chars(text.data(), end, natural).ec == std::errc()) {
        return text.front() == '-' ? json(negative) : json(natural);
      }
    }
    // strtod reads numbers as the program's locale writes them.
    std::string spelled(text);
    std::ranges::replace(spelled, '.', *std::localeconv()->decimal_point);
    const double value = std::strtod(spelled.c_str(), nullptr);
    if (!std::isfinite(value)) throw NumberTooLarge();
    return value;
  }

  JsonScanner scanner_;
  std::string_view name_;
  bool is_unique_;
  std::string room_;
};

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

json parse(std::string_view text, std::string_view name, bool is_unique) {
  if (starts_with(text, kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  const auto flaw = [&](const auto&... what) {
    return Error(ErrorCode::kCorruptFile,
                 concat("\"", name, "\" ", what..., " Get the file again."));
  };
  TreeParser parser(text, name, is_unique);
  std::size_t byte = 0;
  try {
    const auto invalid = find_invalid_utf8(text);
    if (!invalid) return parser.parse();
    byte = *invalid;
  } catch (const JsonScanner::Malformed&) {
    byte = parser.position();
  } catch (const NumberTooLarge&) {
    throw flaw("has a number that is too large.");
  } catch (const NestedTooDeep&) {
    throw flaw("is nested too deeply.");
  }
  const std::size_t start = text.find_first_not_of(" \t\r\n");
  if (start != std::string_view::npos && text[start] == '<') {
    throw Error(
        ErrorCode::kCorruptFile,
        concat("\"", name,
               "\" is a web page, not JSON: the server answered with a page instead of the file. "
               "Check the address and whether the model needs a token."));
  }
  throw flaw("is not valid JSON (", position(text, byte), ").");
}

}  // namespace

json parse_json(std::string_view text, std::string_view name) { return parse(text, name, false); }

std::optional<json> try_parse_json(std::string_view text) {
  try {
    return parse(text, {}, false);
  } catch (const Error&) {
    return std::nullopt;
  }
}

json parse_unique_json(std::string_view text, std::string_view name) {
  return parse(text, name, true);
}

std::string to_text(const json& value, int indent) {
  return value.dump(indent, ' ', false, json::error_handler_t::replace);
}

std::string quoted_text(std::string_view text) { return to_text(std::string(text.substr(0, 100))); }

}  // namespace verdict

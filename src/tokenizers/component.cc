#include "verdict/tokenizers/component.h"

#include <cstdlib>

#include "verdict/base/json.h"
#include "verdict/base/json_scanner.h"
#include "verdict/base/utf8.h"

namespace verdict::tokenizer_json {

namespace {

using nlohmann::json;

/// The field, or null when there is nothing.
const json* find(const json& component, std::string_view field) {
  const auto found = component.find(field);
  return found == component.end() || found->is_null() ? nullptr : &*found;
}

std::string name_of(const json& component) {
  const json* type = find(component, "type");
  return type != nullptr && type->is_string() ? type->get<std::string>() : "component";
}

[[noreturn]] void wrong_kind(const json& component, std::string_view field,
                             std::string_view expected) {
  corrupt(name_of(component),
          concat("its \"", field, "\" is ", to_text(component.at(field)).substr(0, 60), ", but ",
                 expected, " was expected"));
}

}  // namespace

std::string type_of(const json& component, std::string_view room) {
  if (!component.is_object() || find(component, "type") == nullptr ||
      !component["type"].is_string()) {
    corrupt(room, "it is no object with a \"type\"");
  }
  return component["type"].get<std::string>();
}

bool get_bool(const json& component, std::string_view field, bool fallback) {
  const json* value = find(component, field);
  if (value == nullptr) return fallback;
  if (!value->is_boolean()) wrong_kind(component, field, "true or false");
  return value->get<bool>();
}

std::int64_t get_integer(const json& component, std::string_view field, std::int64_t fallback) {
  const json* value = find(component, field);
  if (value == nullptr) return fallback;
  if (!value->is_number_integer()) wrong_kind(component, field, "an integer");
  return value->get<std::int64_t>();
}

std::string get_string(const json& component, std::string_view field, std::string_view fallback) {
  const json* value = find(component, field);
  if (value == nullptr) return std::string(fallback);
  if (!value->is_string()) wrong_kind(component, field, "a string");
  return value->get<std::string>();
}

std::string get_character(const json& component, std::string_view field) {
  std::string text = get_string(component, field, "");
  std::size_t size = 0;
  if (!text.empty()) next_code_point(text, size);
  if (text.empty() || size != text.size()) {
    corrupt(name_of(component), concat("its \"", field, "\" is not one character"));
  }
  return text;
}

const json& get_list(const json& component, std::string_view field) {
  const json* value = find(component, field);
  if (value == nullptr || !value->is_array()) {
    corrupt(name_of(component), concat("it has no list \"", field, "\""));
  }
  return *value;
}

Vocabulary read_vocabulary(std::string_view object) {
  JsonScanner counter(object);
  if (counter.peek() != '{') corrupt("model", "it has no object \"vocab\"");
  std::size_t tokens = 0;
  std::size_t bytes = 0;
  counter.object([&](std::string_view token) {
    ++tokens;
    bytes += token.size();
    counter.value();
  });
  // Exactly what is needed: doubling would hold a large table twice.
  Vocabulary vocabulary;
  vocabulary.reserve(tokens, bytes);
  JsonScanner scanner(object);
  scanner.object([&](std::string_view token) {
    const bool is_number = scanner.at_number();
    const std::string id(is_number ? scanner.number() : scanner.value());
    if (!is_number || id.find_first_of(".eE") != std::string::npos) {
      corrupt("model", "an id of its vocabulary is no integer");
    }
    vocabulary.replace(token, std::strtoll(id.c_str(), nullptr, 10));
  });
  return vocabulary;
}

void unsupported(std::string_view room, std::string_view type) {
  throw Error(ErrorCode::kUnsupported, concat("The tokenizer's ", room, " is of the type \"", type,
                                              "\", which this version does not support."));
}

void throw_with_path(const std::string& path, const Error& error) {
  constexpr std::string_view kAt = "At ";
  const std::string_view what = error.what();
  const bool has_path = starts_with(what, kAt);
  throw Error(error.code(), has_path ? concat(kAt, path, ".", what.substr(kAt.size()))
                                     : concat(kAt, path, ": ", what));
}

void corrupt(std::string_view part, std::string_view what) {
  throw Error(ErrorCode::kCorruptFile,
              concat("The tokenizer's ", part, " is not valid: ", what, "."));
}

}  // namespace verdict::tokenizer_json

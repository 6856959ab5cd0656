#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"
#include "verdict/tokenizers/vocabulary.h"

// Reading the components of a tokenizer.json.
namespace verdict::tokenizer_json {

/// The component's `type`. Throws `kCorruptFile` for anything but an object with one.
std::string type_of(const nlohmann::json& component, std::string_view room);

/// A field, or `fallback` when it is missing or null. Throws `kCorruptFile`, with the component's
/// type, when it is of another kind.
bool get_bool(const nlohmann::json& component, std::string_view field, bool fallback);
std::int64_t get_integer(const nlohmann::json& component, std::string_view field,
                         std::int64_t fallback);
std::string get_string(const nlohmann::json& component, std::string_view field,
                       std::string_view fallback);

/// A field that is a string of exactly one character. Throws `kCorruptFile`.
std::string get_character(const nlohmann::json& component, std::string_view field);

/// The array of a Sequence component. Throws `kCorruptFile` when it is missing.
const nlohmann::json& get_list(const nlohmann::json& component, std::string_view field);

/// Tokens and ids of the JSON text of an object. Throws `kCorruptFile` when it is none or an id is
/// no integer, `JsonScanner::Malformed` for text that is no JSON.
Vocabulary read_vocabulary(std::string_view object);

/// Throws `kUnsupported`, with room and type, for a component that this version does not have.
[[noreturn]] void unsupported(std::string_view room, std::string_view type);

/// Throws the error again with a place in the file before its message (see `with_path`).
[[noreturn]] void throw_with_path(const std::string& path, const Error& error);

/// Throws `kCorruptFile` with the tokenizer's part and what is wrong.
[[noreturn]] void corrupt(std::string_view part, std::string_view what);

/// Runs `call`, and puts the place in the file before the message of an Error that it throws:
/// "At normalizer.normalizers[2]: …".
template <typename Call>
auto with_path(const std::string& path, const Call& call) {
  try {
    return call();
  } catch (const Error& error) {
    throw_with_path(path, error);
  }
}

/// The steps of a Sequence, each made by `make(step, depth + 1)`. Throws `kCorruptFile` when
/// sequences are nested deeper than 64.
template <typename T, typename Make>
std::vector<std::unique_ptr<T>> make_steps(const nlohmann::json& component, std::string_view field,
                                           int depth, const Make& make) {
  if (depth >= 64) corrupt("component", "its sequences are nested deeper than 64");
  std::vector<std::unique_ptr<T>> steps;
  const nlohmann::json& list = get_list(component, field);
  for (std::size_t i = 0; i < list.size(); ++i) {
    steps.push_back(
        with_path(concat(field, "[", i, "]"), [&] { return make(list[i], depth + 1); }));
  }
  return steps;
}

}  // namespace verdict::tokenizer_json

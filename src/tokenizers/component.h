#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

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

/// The array of a Sequence component. Throws `kCorruptFile` when it is missing.
const nlohmann::json& get_list(const nlohmann::json& component, std::string_view field);

/// Throws `kUnsupported`, with room and type, for a component that this version does not have.
[[noreturn]] void unsupported(std::string_view room, std::string_view type);

/// Throws `kCorruptFile` with the tokenizer's part and what is wrong.
[[noreturn]] void corrupt(std::string_view part, std::string_view what);

}  // namespace verdict::tokenizer_json

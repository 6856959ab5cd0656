#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace verdict {

/// Parses JSON text. Throws `kCorruptFile` with `name`, line and column; a web page in place of
/// JSON is named as such.
nlohmann::json parse_json(std::string_view text, std::string_view name);

/// `parse_json` that also refuses objects with a key that stands twice.
nlohmann::json parse_unique_json(std::string_view text, std::string_view name);

/// JSON as text; invalid UTF-8 in strings becomes U+FFFD instead of an exception.
std::string to_text(const nlohmann::json& json, int indent = -1);

/// Text from a hostile file for a message: in quotes, short, and without control characters that a
/// terminal would obey.
std::string quoted_text(std::string_view text);

}  // namespace verdict

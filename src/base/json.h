#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace verdict {

/// Parses JSON text (RFC 8259; a byte order mark is passed over; of a key that stands twice, the
/// last value counts). Throws `kCorruptFile` with `name`, line and column, and for nesting beyond
/// 128 levels; a web page in place of JSON is named as such.
nlohmann::json parse_json(std::string_view text, std::string_view name);

/// The same, or nothing where it would throw.
std::optional<nlohmann::json> try_parse_json(std::string_view text);

/// `parse_json` that also refuses objects with a key that stands twice.
nlohmann::json parse_unique_json(std::string_view text, std::string_view name);

/// JSON as text; invalid UTF-8 in strings becomes U+FFFD instead of an exception.
std::string to_text(const nlohmann::json& json, int indent = -1);

/// Text from a hostile file for a message: in quotes, short, and without control characters that a
/// terminal would obey.
std::string quoted_text(std::string_view text);

}  // namespace verdict

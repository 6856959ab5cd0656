#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace verdict {

/// Number of bytes that the text begins with and that are ASCII.
std::size_t ascii_prefix(std::string_view text);

/// Offset of the first byte that is not well-formed UTF-8 (Unicode 16, table 3-7); nothing when all
/// is well.
std::optional<std::size_t> find_invalid_utf8(std::string_view text);

constexpr std::string_view kReplacementCharacter = "\ufffd";

/// The text with U+FFFD in place of each maximal subpart that is not well-formed (Unicode 16,
/// section 3.9).
std::string replace_invalid_utf8(std::string_view text);

/// The code point that begins at `at`, which is moved behind it. The text must be well-formed.
inline char32_t next_code_point(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) {
    return static_cast<char32_t>(static_cast<unsigned char>(text[i]));
  };
  const char32_t lead = byte(at);
  if (lead < 0x80) return at += 1, lead;
  if (lead < 0xe0) return at += 2, (lead & 0x1f) << 6 | (byte(at - 1) & 0x3f);
  if (lead < 0xf0) {
    at += 3;
    return (lead & 0x0f) << 12 | (byte(at - 2) & 0x3f) << 6 | (byte(at - 1) & 0x3f);
  }
  at += 4;
  return (lead & 0x07) << 18 | (byte(at - 3) & 0x3f) << 12 | (byte(at - 2) & 0x3f) << 6 |
         (byte(at - 1) & 0x3f);
}

/// Whether the byte begins a code point.
inline bool is_code_point_start(char byte) {
  return (static_cast<unsigned char>(byte) & 0xc0) != 0x80;
}

/// The code point that ends before byte `end`, which is above 0, and where it begins.
inline std::pair<char32_t, std::size_t> code_point_before(std::string_view text, std::size_t end) {
  std::size_t first = end - 1;
  while (!is_code_point_start(text[first])) --first;
  std::size_t at = first;
  return {next_code_point(text, at), first};
}

void append_code_point(std::string& out, char32_t code_point);

}  // namespace verdict

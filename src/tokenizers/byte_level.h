#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "verdict/tokenizers/normalized_text.h"

// The alphabet of byte-level tokenizers: a printable character for each byte (Radford et al. 2019).
namespace verdict::byte_level {

/// The characters of all bytes, in UTF-8 of one or two bytes.
extern const std::array<std::string_view, 256> kCharacters;

/// What the byte 0x20 becomes.
constexpr char32_t kSpace = 0x120;

/// The byte that a character stands for.
std::optional<char> byte_of(char32_t c);

/// Puts the characters of its bytes in place of a text.
void to_characters(NormalizedText& text);

}  // namespace verdict::byte_level

#include "verdict/tokenizers/byte_level.h"

namespace verdict::byte_level {

namespace {

constexpr bool stands_for_itself(std::size_t byte) {
  return (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xff && byte != 0xad);
}

/// Other bytes have the characters from U+0100 on.
constexpr auto kCodePoints = [] {
  std::array<char16_t, 256> table{};
  char16_t next = 0x100;
  for (std::size_t byte = 0; byte < 256; ++byte) {
    table[byte] = stands_for_itself(byte) ? static_cast<char16_t>(byte) : next++;
  }
  return table;
}();

constexpr auto kUtf8 = [] {
  std::array<char, 512> text{};
  for (std::size_t byte = 0; byte < 256; ++byte) {
    const char16_t c = kCodePoints[byte];
    text[2 * byte] = static_cast<char>(c < 0x80 ? c : 0xc0 | c >> 6);
    text[2 * byte + 1] = static_cast<char>(0x80 | (c & 0x3f));
  }
  return text;
}();

constexpr auto kBytes = [] {
  std::array<std::int16_t, 0x144> table{};
  for (auto& byte : table) byte = -1;
  for (std::size_t byte = 0; byte < 256; ++byte) {
    table[kCodePoints[byte]] = static_cast<std::int16_t>(byte);
  }
  return table;
}();

}  // namespace

constexpr std::array<std::string_view, 256> kCharacters = [] {
  std::array<std::string_view, 256> characters{};
  for (std::size_t byte = 0; byte < 256; ++byte) {
    characters[byte] = {kUtf8.data() + 2 * byte, kCodePoints[byte] < 0x80 ? 1u : 2u};
  }
  return characters;
}();

std::optional<char> byte_of(char32_t c) {
  if (c >= kBytes.size() || kBytes[c] < 0) return std::nullopt;
  return static_cast<char>(kBytes[c]);
}

void to_characters(NormalizedText& text) {
  NormalizedText::Builder builder(text);
  for (std::uint32_t at = 0; at < text.text().size(); ++at) {
    builder.insert(kCharacters[static_cast<unsigned char>(text.text()[at])],
                   text.origin_of_character(at));
  }
  text = std::move(builder).finish();
}

}  // namespace verdict::byte_level

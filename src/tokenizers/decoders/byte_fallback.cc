#include "verdict/tokenizers/decoders/byte_fallback.h"

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "verdict/base/strings.h"
#include "verdict/base/utf8.h"

namespace verdict {

namespace {

std::optional<char> byte_of(std::string_view token) {
  if (token.size() != 6 || !starts_with(token, "<0x") || !ends_with(token, ">")) {
    return std::nullopt;
  }
  // As Rust's from_str_radix, a sign before one digit counts.
  const std::string_view digits = token.substr(token[3] == '+' ? 4 : 3, token[3] == '+' ? 1 : 2);
  std::uint8_t value = 0;
  const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (result.ec != std::errc() || result.ptr != digits.data() + digits.size()) return std::nullopt;
  return static_cast<char>(value);
}

}  // namespace

void ByteFallbackDecoder::decode(std::vector<std::string>& tokens) const {
  std::vector<std::string> out;
  std::string bytes;
  const auto add_bytes = [&] {
    if (bytes.empty()) return;
    if (!find_invalid_utf8(bytes)) {
      out.push_back(bytes);
    } else {
      out.insert(out.end(), bytes.size(), std::string(kReplacementCharacter));
    }
    bytes.clear();
  };
  for (std::string& token : tokens) {
    if (const auto byte = byte_of(token)) {
      bytes += *byte;
    } else {
      add_bytes();
      out.push_back(std::move(token));
    }
  }
  add_bytes();
  tokens = std::move(out);
}

}  // namespace verdict

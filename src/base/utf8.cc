#include "verdict/base/utf8.h"

#include <cstdint>
#include <cstring>

namespace verdict {

namespace {

/// Bytes from `i` on that are the begin of a well-formed sequence, at most all of it; 0 when not
/// even the first byte is. `complete` says whether they are all of it.
std::size_t well_formed_bytes(std::string_view text, std::size_t i, bool& complete) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned char lead = byte(i);
  complete = lead < 0x80;
  if (complete) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const std::size_t length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  unsigned char least = 0x80;
  unsigned char most = 0xbf;
  if (lead == 0xe0) least = 0xa0;  // overlong
  if (lead == 0xed) most = 0x9f;   // surrogates
  if (lead == 0xf0) least = 0x90;  // overlong
  if (lead == 0xf4) most = 0x8f;   // above U+10FFFF
  for (std::size_t k = 1; k < length; ++k) {
    if (i + k == text.size() || byte(i + k) < least || byte(i + k) > most) return k;
    least = 0x80;
    most = 0xbf;
  }
  complete = true;
  return length;
}

}  // namespace

std::size_t ascii_prefix(std::string_view text) {
  std::size_t i = 0;
  for (std::uint64_t word = 0; i + sizeof word <= text.size(); i += sizeof word) {
    std::memcpy(&word, text.data() + i, sizeof word);
    if ((word & 0x8080808080808080u) != 0) break;
  }
  while (i < text.size() && static_cast<unsigned char>(text[i]) < 0x80) ++i;
  return i;
}

std::optional<std::size_t> find_invalid_utf8(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    i += ascii_prefix(text.substr(i));
    if (i == text.size()) break;
    bool complete = false;
    const std::size_t length = well_formed_bytes(text, i, complete);
    if (!complete) return i;
    i += length;
  }
  return std::nullopt;
}

std::string replace_invalid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  std::size_t i = 0;
  while (i < text.size()) {
    bool complete = false;
    const std::size_t length = well_formed_bytes(text, i, complete);
    out += complete ? text.substr(i, length) : kReplacementCharacter;
    i += length == 0 ? 1 : length;
  }
  return out;
}

void append_code_point(std::string& out, char32_t code_point) {
  const auto put = [&](char32_t bits) { out += static_cast<char>(bits); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xc0 | code_point >> 6);
    put(0x80 | (code_point & 0x3f));
  } else if (code_point < 0x10000) {
    put(0xe0 | code_point >> 12);
    put(0x80 | (code_point >> 6 & 0x3f));
    put(0x80 | (code_point & 0x3f));
  } else {
    put(0xf0 | code_point >> 18);
    put(0x80 | (code_point >> 12 & 0x3f));
    put(0x80 | (code_point >> 6 & 0x3f));
    put(0x80 | (code_point & 0x3f));
  }
}

}  // namespace verdict

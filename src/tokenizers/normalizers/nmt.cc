#include "verdict/tokenizers/normalizers/nmt.h"

namespace verdict {

namespace {

bool is_removed(char32_t c) {
  return (c >= 0x01 && c <= 0x08) || c == 0x0b || (c >= 0x0e && c <= 0x1f) || c == 0x7f ||
         c == 0x8f || c == 0x9f;
}

bool is_space(char32_t c) {
  return c == 0x09 || c == 0x0a || c == 0x0c || c == 0x0d || c == 0x1680 ||
         (c >= 0x200b && c <= 0x200f) || c == 0x2028 || c == 0x2029 || c == 0x2581 || c == 0xfeff ||
         c == 0xfffd;
}

}  // namespace

void NmtNormalizer::normalize(NormalizedText& text) const {
  text.rewrite([](char32_t c, const auto& emit) {
    if (!is_removed(c)) emit(is_space(c) ? U' ' : c);
  });
}

}  // namespace verdict

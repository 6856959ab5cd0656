#pragma once

#include "verdict/base/unicode.h"
#include "verdict/tokenizers/normalizers/normalizer.h"

namespace verdict {

/// Calls `emit` for the full canonical decomposition of a code point.
template <typename Emit>
void decompose(char32_t c, const Emit& emit) {
  // Hangul syllables by rule (Unicode 16, section 3.12).
  if (c >= 0xac00 && c <= 0xd7a3) {
    const char32_t index = c - 0xac00;
    emit(0x1100 + index / (21 * 28));
    emit(0x1161 + index / 28 % 21);
    if (index % 28 != 0) emit(0x11a7 + index % 28);
    return;
  }
  const auto parts = unicode::decomposition(c);
  if (parts.empty()) return emit(c);
  for (const char32_t part : parts) emit(part);
}

/// Calls `emit` for the lower case of a code point.
template <typename Emit>
void emit_lowercase(char32_t c, const Emit& emit) {
  const auto parts = unicode::lowercase(c);
  if (parts.empty()) return emit(c);
  for (const char32_t part : parts) emit(part);
}

/// Canonical decomposition.
class Nfd final : public Normalizer {
 public:
  void normalize(NormalizedText& text) const override;
};

/// Removes combining marks.
class StripAccents final : public Normalizer {
 public:
  void normalize(NormalizedText& text) const override;
};

class Lowercase final : public Normalizer {
 public:
  void normalize(NormalizedText& text) const override;
};

}  // namespace verdict

#pragma once

#include "verdict/base/unicode.h"
#include "verdict/tokenizers/normalizers/normalizer.h"

namespace verdict {

/// Calls `emit` for the full canonical decomposition of a code point, or, with `compatibility`, for
/// that of compatibility.
template <typename Emit>
void decompose(char32_t c, bool compatibility, const Emit& emit) {
  // Hangul syllables by rule (Unicode 16, section 3.12).
  if (c >= 0xac00 && c <= 0xd7a3) {
    const char32_t index = c - 0xac00;
    emit(0x1100 + index / (21 * 28));
    emit(0x1161 + index / 28 % 21);
    if (index % 28 != 0) emit(0x11a7 + index % 28);
    return;
  }
  const std::u16string_view parts =
      compatibility ? unicode::compatibility_decomposition(c) : unicode::decomposition(c);
  if (parts.empty()) return emit(c);
  unicode::for_each_code_point(parts, emit);
}

/// Calls `emit` for the lower case of a code point.
template <typename Emit>
void emit_lowercase(char32_t c, const Emit& emit) {
  const std::u16string_view parts = unicode::lowercase(c);
  if (parts.empty()) return emit(c);
  unicode::for_each_code_point(parts, emit);
}

/// NFD, NFKD, NFC and NFKC.
class UnicodeForm final : public Normalizer {
 public:
  UnicodeForm(bool compatibility, bool composed)
      : compatibility_(compatibility), composed_(composed) {}
  void normalize(NormalizedText& text) const override;

 private:
  /// Whether a text may change.
  bool changes(std::string_view text) const;

  bool compatibility_;
  bool composed_;
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

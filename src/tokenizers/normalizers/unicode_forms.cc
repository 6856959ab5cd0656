#include "verdict/tokenizers/normalizers/unicode_forms.h"

namespace verdict {

void Nfd::normalize(NormalizedText& text) const {
  text.rewrite([](char32_t c, const auto& emit) { decompose(c, emit); });
  text.order_marks();
}

void StripAccents::normalize(NormalizedText& text) const {
  text.rewrite([](char32_t c, const auto& emit) {
    if (!unicode::is_accent(c)) emit(c);
  });
}

void Lowercase::normalize(NormalizedText& text) const {
  text.rewrite([](char32_t c, const auto& emit) { emit_lowercase(c, emit); });
}

}  // namespace verdict

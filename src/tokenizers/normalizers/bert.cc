#include "verdict/tokenizers/normalizers/bert.h"

#include "verdict/base/unicode.h"
#include "verdict/tokenizers/normalizers/unicode_forms.h"

namespace verdict {

BertNormalizer::BertNormalizer(const BertNormalizerOptions& options)
    : options_(options), strip_accents_(options.strip_accents.value_or(options.lowercase)) {}

void BertNormalizer::normalize(NormalizedText& text) const {
  bool has_marks = false;
  text.rewrite([&](char32_t c, const auto& emit) {
    if (c >= 0x20 && c < 0x7f) {
      emit(options_.lowercase && c >= U'A' && c <= U'Z' ? c + 0x20 : c);
      return;
    }
    if (options_.clean_text) {
      if (unicode::is_bert_removed(c)) return;
      if (unicode::is_bert_space(c)) return emit(U' ');
    }
    const bool is_chinese = options_.handle_chinese_chars && unicode::is_bert_chinese(c);
    if (is_chinese) emit(U' ');
    const auto emit_lower = [&](char32_t d) {
      has_marks = has_marks || unicode::combining_rank(d) > 0;
      if (options_.lowercase) {
        emit_lowercase(d, emit);
      } else {
        emit(d);
      }
    };
    if (strip_accents_) {
      decompose(c, [&](char32_t d) {
        if (!unicode::is_bert_accent(d)) emit_lower(d);
      });
    } else {
      emit_lower(c);
    }
    if (is_chinese) emit(U' ');
  });
  if (strip_accents_ && has_marks) text.order_marks();
}

}  // namespace verdict

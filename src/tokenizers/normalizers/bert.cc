#include "verdict/tokenizers/normalizers/bert.h"

#include "verdict/base/strings.h"
#include "verdict/base/unicode.h"
#include "verdict/base/utf8.h"
#include "verdict/tokenizers/normalizers/unicode_forms.h"

namespace verdict {

namespace {

bool has_marks(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      ++at;
    } else if (unicode::has(next_code_point(text, at), unicode::kAccent)) {
      return true;
    }
  }
  return false;
}

}  // namespace

BertNormalizer::BertNormalizer(const BertNormalizerOptions& options)
    : options_(options), strip_accents_(options.strip_accents.value_or(options.lowercase)) {
  for (std::size_t c = 0; c < ascii_.size(); ++c) {
    const std::uint32_t properties = unicode::properties(static_cast<char32_t>(c));
    ascii_[c] = static_cast<char>(c);
    if (options_.lowercase) ascii_[c] = ascii_lower(ascii_[c]);
    if (!options_.clean_text) continue;
    if ((properties & unicode::kBertSpace) != 0) ascii_[c] = ' ';
    if ((properties & unicode::kBertRemoved) != 0) ascii_[c] = NormalizedText::kNotAscii;
  }
}

void BertNormalizer::rewrite(NormalizedText& text, bool strip_accents, bool lowercase) const {
  text.rewrite([&](char32_t c, const auto& emit) {
    if (c >= 0x20 && c < 0x7f) {
      const char32_t to_lower = lowercase && c >= U'A' && c <= U'Z' ? 0x20 : 0;
      return emit(c + to_lower);
    }
    const std::uint32_t properties = unicode::properties(c);
    if (options_.clean_text) {
      if ((properties & unicode::kBertRemoved) != 0) return;
      if ((properties & unicode::kBertSpace) != 0) return emit(U' ');
    }
    const bool is_chinese =
        options_.handle_chinese_chars && (properties & unicode::kBertChinese) != 0;
    if (is_chinese) emit(U' ');
    const auto emit_lower = [&](char32_t d) {
      if (lowercase) {
        emit_lowercase(d, emit);
      } else {
        emit(d);
      }
    };
    if (strip_accents) {
      decompose(c, false, [&](char32_t d) {
        if (!unicode::has(d, unicode::kBertAccent)) emit_lower(d);
      });
    } else {
      emit_lower(c);
    }
    if (is_chinese) emit(U' ');
  });
}

void BertNormalizer::normalize(NormalizedText& text) const {
  if (text.map_ascii(ascii_)) return;
  // Where marks of the text itself may have to change places, one character is not enough.
  if (!strip_accents_ || !has_marks(text.text())) {
    return rewrite(text, strip_accents_, options_.lowercase);
  }
  rewrite(text, false, false);
  UnicodeForm(false, false).normalize(text);
  text.rewrite([](char32_t c, const auto& emit) {
    if (!unicode::has(c, unicode::kBertAccent)) emit(c);
  });
  if (options_.lowercase) Lowercase().normalize(text);
}

}  // namespace verdict

#include "verdict/tokenizers/normalizers/python_bert.h"

#include <string_view>
#include <vector>

#include "verdict/base/unicode.h"
#include "verdict/base/utf8.h"

namespace verdict {

namespace {

constexpr char32_t kSigma = 0x3a3;
constexpr char32_t kFinalSigma = 0x3c2;

bool is_ascii(char32_t c) { return c < 0x80; }

/// Neither letter, mark, number, punctuation nor symbol, and no white space: control, format,
/// private and unassigned.
bool is_removed(char32_t c) {
  constexpr std::uint32_t kept = unicode::kLetter | unicode::kMark | unicode::kNumber |
                                 unicode::kPunctuationCategory | unicode::kSymbol |
                                 unicode::kWhitespace;
  return !is_ascii(c) && !unicode::has(c, kept);
}

bool is_cased(char32_t c) {
  return unicode::has(
      c, unicode::kUppercaseLetter | unicode::kLowercaseLetter | unicode::kTitlecaseLetter);
}

/// What may stand within a word without being a letter with case.
bool is_case_ignorable(char32_t c) {
  switch (c) {
    case U'\'':
    case U'.':
    case U':':
    case 0xb7:
    case 0x2018:
    case 0x2019:
    case 0x2024:
    case 0x2027:
      return true;
    default:
      return is_removed(c) || unicode::has(c, unicode::kMark | unicode::kModifierLetter);
  }
}

/// For each capital sigma whether it ends a word (Unicode 16, table 3-17).
std::vector<bool> final_sigmas(std::string_view text) {
  std::vector<bool> out;
  std::vector<std::size_t> open;  // those behind which only ignorable characters stand
  bool in_word = false;
  const auto end_word = [&](bool is_final) {
    for (const std::size_t sigma : open) out[sigma] = is_final;
    open.clear();
  };
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = next_code_point(text, at);
    if (is_case_ignorable(c)) continue;
    const bool cased = is_cased(c);
    end_word(!cased);
    if (c == kSigma) {
      out.push_back(false);
      if (in_word) open.push_back(out.size() - 1);
    }
    in_word = cased;
  }
  end_word(true);
  return out;
}

}  // namespace

void PythonBertNormalizer::normalize(NormalizedText& text) const {
  std::vector<bool> is_final;
  if (lowercase_) is_final = final_sigmas(text.text());
  std::size_t sigma = 0;
  text.rewrite([&](char32_t c, const auto& emit) {
    if (is_removed(c)) return;
    if (c == kSigma && lowercase_ && is_final[sigma++]) return emit(kFinalSigma);
    // The part of extension E that BertNormalizer leaves out.
    const bool is_chinese = handle_chinese_chars_ && c >= 0x2b820 && c < 0x2b920;
    if (is_chinese) emit(U' ');
    emit(c);
    if (is_chinese) emit(U' ');
  });
}

}  // namespace verdict

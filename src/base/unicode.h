#pragma once

#include <cstdint>
#include <string_view>

// Properties of code points as the reference's tokenizers see them, which mix several versions of
// Unicode.
namespace verdict::unicode {

/// Bits of `properties`, in the order of scripts/make-unicode-tables.mjs.
enum Property : std::uint32_t {
  // General categories as Oniguruma has them.
  kUppercaseLetter = 1u << 0,
  kLowercaseLetter = 1u << 1,
  kTitlecaseLetter = 1u << 2,
  kModifierLetter = 1u << 3,
  kOtherLetter = 1u << 4,
  kLetter = 0x1f,
  kMark = 1u << 5,
  kNumber = 1u << 6,
  kPunctuationCategory = 1u << 7,
  kSymbol = 1u << 8,
  kWhitespace = 1u << 9,
  kWord = 1u << 10,             ///< \w of the regex crate
  kNumeric = 1u << 11,          ///< Digits: Rust's char::is_numeric
  kBertPunctuation = 1u << 12,  ///< for BertPreTokenizer and Punctuation
  kBertRemoved = 1u << 13,      ///< control characters that BERT's clean_text removes
  kBertSpace = 1u << 14,        ///< what clean_text turns into a space
  kBertChinese = 1u << 15,      ///< what handle_chinese_chars puts spaces around
  kBertAccent = 1u << 16,       ///< marks that BERT's strip_accents removes
  kAccent = 1u << 17,           ///< marks that the normalizer StripAccents removes
  kHasLowercase = 1u << 18,
  kHasDecomposition = 1u << 19,  ///< canonical, not of a Hangul syllable
  kHasCompatibility = 1u << 20,  ///< any, not of a Hangul syllable
  kChangesInNfc = 1u << 21,
};

/// The set of a code point's properties.
std::uint32_t properties(char32_t c);

inline bool has(char32_t c, std::uint32_t any_of) { return (properties(c) & any_of) != 0; }
inline bool is_bert_chinese(char32_t c) { return has(c, kBertChinese); }
inline bool is_punctuation(char32_t c) { return has(c, kBertPunctuation); }
inline bool is_whitespace(char32_t c) { return has(c, kWhitespace); }
inline bool is_digit(char32_t c) { return has(c, kNumeric); }
inline bool is_word(char32_t c) { return has(c, kWord); }

/// Lower case in UTF-16; empty: the character itself.
std::u16string_view lowercase(char32_t c);

/// Full decompositions, canonical or for compatibility, without Hangul syllables, in UTF-16; empty:
/// the character itself.
std::u16string_view decomposition(char32_t c);
std::u16string_view compatibility_decomposition(char32_t c);

/// The canonical composition of two code points, also of Hangul; 0 when there is none.
char32_t compose(char32_t first, char32_t second);

/// Rank of the canonical combining class; 0 for a starter.
int combining_rank(char32_t c);

/// White space of well-formed UTF-8: the byte behind that which begins at `at`, and the byte, from
/// `least` on, where that which ends at `at` begins.
std::size_t skip_space_at(std::string_view text, std::size_t at);
std::size_t skip_space_before(std::string_view text, std::size_t at, std::size_t least);

/// The script of a code point, with Han for Hiragana and Katakana, as the pre-tokenizer
/// UnicodeScripts sees it.
int script(char32_t c);
constexpr int kNoScript = 0;

/// Calls `emit` for each code point of well-formed UTF-16.
template <typename Emit>
void for_each_code_point(std::u16string_view text, const Emit& emit) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    char32_t c = text[i];
    if (c >= 0xd800 && c < 0xdc00) c = 0x10000 + ((c & 0x3ff) << 10 | (text[++i] & 0x3ffu));
    emit(c);
  }
}

}  // namespace verdict::unicode

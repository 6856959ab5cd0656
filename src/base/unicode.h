#pragma once

#include <span>

// Properties of code points as the reference's tokenizers see them, which mix several versions of
// Unicode.
namespace verdict::unicode {

bool is_bert_removed(char32_t c);  ///< control characters that BERT's clean_text removes
bool is_bert_space(char32_t c);    ///< what clean_text turns into a space
bool is_bert_chinese(char32_t c);  ///< what handle_chinese_chars puts spaces around
bool is_bert_accent(char32_t c);   ///< marks that BERT's strip_accents removes
bool is_accent(char32_t c);        ///< marks that the normalizer StripAccents removes
bool is_punctuation(char32_t c);   ///< for BertPreTokenizer and Punctuation
bool is_whitespace(char32_t c);
bool is_digit(char32_t c);  ///< any numeric character
bool is_word(char32_t c);   ///< \w of regular expressions

/// Lower case, one or more code points; empty: the character itself.
std::span<const char32_t> lowercase(char32_t c);

/// Full canonical decomposition without Hangul syllables; empty: the character itself.
std::span<const char32_t> decomposition(char32_t c);

/// Rank of the canonical combining class; 0 for a starter.
int combining_rank(char32_t c);

}  // namespace verdict::unicode

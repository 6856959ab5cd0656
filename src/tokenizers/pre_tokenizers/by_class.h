#pragma once

#include <array>

#include "verdict/tokenizers/pre_tokenizers/pre_tokenizer.h"

namespace verdict {

/// What becomes of a character when a text is split.
enum class CharacterRole {
  kJoin,      ///< joins neighbours that have this role
  kJoinAlso,  ///< joins neighbours that have this second role
  kAlone,     ///< is a piece of its own
  kRemove,    ///< separates and disappears
};

/// Splits by the role of each character.
class SplitByClass final : public PreTokenizer {
 public:
  explicit SplitByClass(CharacterRole (*role)(char32_t c));
  void split(PreTokenizedText& text) const override;

 private:
  CharacterRole (*role_)(char32_t c);
  std::array<CharacterRole, 128> ascii_;
};

CharacterRole bert_role(char32_t c);         ///< BertPreTokenizer: words and single punctuation
CharacterRole python_bert_role(char32_t c);  ///< as bert_role, with the punctuation of Unicode 16
CharacterRole whitespace_role(char32_t c);   ///< Whitespace: \w+|[^\w\s]+
CharacterRole whitespace_split_role(char32_t c);   ///< WhitespaceSplit
CharacterRole digits_role(char32_t c);             ///< Digits: runs of digits apart
CharacterRole individual_digits_role(char32_t c);  ///< Digits, individual_digits: each digit apart

}  // namespace verdict

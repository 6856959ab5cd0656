#include "verdict/tokenizers/pre_tokenizers/by_class.h"

#include <utility>

#include "verdict/base/unicode.h"

namespace verdict {

SplitByClass::SplitByClass(CharacterRole (*role)(char32_t c)) : role_(role) {
  for (std::size_t c = 0; c < ascii_.size(); ++c) ascii_[c] = role(static_cast<char32_t>(c));
}

void SplitByClass::split(PreTokenizedText& text) const {
  const std::string_view s = text.text.text();
  std::vector<TextRange> pieces;
  pieces.reserve(s.size() / 4);
  for (const TextRange piece : text.pieces) {
    CharacterRole open = CharacterRole::kRemove;  // the role of the piece that still grows
    std::size_t at = piece.first;
    while (at < piece.last) {
      const auto first = static_cast<std::uint32_t>(at);
      const char32_t c = next_code_point(s, at);
      const CharacterRole role = c < ascii_.size() ? ascii_[c] : role_(c);
      const auto last = static_cast<std::uint32_t>(at);
      const bool joins = role == CharacterRole::kJoin || role == CharacterRole::kJoinAlso;
      if (joins && role == open) {
        pieces.back().last = last;
      } else if (role != CharacterRole::kRemove) {
        pieces.push_back({first, last});
      }
      open = role;
    }
  }
  text.pieces = std::move(pieces);
}

CharacterRole bert_role(char32_t c) {
  if (unicode::is_whitespace(c)) return CharacterRole::kRemove;
  return unicode::is_punctuation(c) ? CharacterRole::kAlone : CharacterRole::kJoin;
}

CharacterRole python_bert_role(char32_t c) {
  if (c >= 0x80 && unicode::has(c, unicode::kPunctuationCategory)) return CharacterRole::kAlone;
  if (c >= 0x80 && !unicode::is_whitespace(c)) return CharacterRole::kJoin;
  return bert_role(c);
}

CharacterRole whitespace_role(char32_t c) {
  if (unicode::is_whitespace(c)) return CharacterRole::kRemove;
  return unicode::is_word(c) ? CharacterRole::kJoin : CharacterRole::kJoinAlso;
}

CharacterRole whitespace_split_role(char32_t c) {
  return unicode::is_whitespace(c) ? CharacterRole::kRemove : CharacterRole::kJoin;
}

CharacterRole digits_role(char32_t c) {
  return unicode::is_digit(c) ? CharacterRole::kJoinAlso : CharacterRole::kJoin;
}

CharacterRole individual_digits_role(char32_t c) {
  return unicode::is_digit(c) ? CharacterRole::kAlone : CharacterRole::kJoin;
}

}  // namespace verdict

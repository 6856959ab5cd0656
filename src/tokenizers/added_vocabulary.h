#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "verdict/tokenizers/normalized_text.h"
#include "verdict/tokenizers/normalizers/normalizer.h"

namespace verdict {

/// A token that is found in the text before the model sees it.
struct AddedToken {
  std::string content;
  std::int32_t id = 0;
  bool single_word = false;  ///< only where no word character stands beside it
  bool lstrip = false;       ///< takes the white space before it
  bool rstrip = false;       ///< takes the white space behind it
  bool normalized = true;    ///< is looked for in the normalized text
  bool special = false;
};

/// The added tokens of a tokenizer (reference: AddedVocabulary of tokenizers).
class AddedVocabulary {
 public:
  AddedVocabulary() = default;

  /// A later token of the same content or id replaces an earlier one. `normalizer` may be null.
  AddedVocabulary(std::vector<AddedToken> tokens, const Normalizer* normalizer);

  const AddedToken* find(std::string_view content) const;
  const AddedToken* find(std::int32_t id) const;
  const std::vector<AddedToken>& tokens() const { return tokens_; }

  /// The text of an added token that a decoder gets, which is the normalized one; null for another.
  const std::string* decoded(std::int32_t id) const;
  bool is_special(std::string_view content) const;

  /// A stretch of text: an added token, or text between them.
  struct Segment {
    TextRange range;
    const AddedToken* token = nullptr;
  };

  /// Divides a text at its added tokens, the leftmost and longest first. `normalized` chooses the
  /// tokens that are looked for; special ones are left out when `skip_special`.
  std::vector<Segment> split(std::string_view text, bool normalized, bool skip_special) const;

  bool has_normalized() const { return !normalized_.empty(); }

 private:
  /// Finds the longest pattern that begins at a place.
  class Matcher {
   public:
    Matcher() = default;
    /// Pairs of a pattern and the index of its token.
    explicit Matcher(std::vector<std::pair<std::string, std::size_t>> patterns);

    bool empty() const { return patterns_.empty(); }
    /// The first byte from `at` on that a pattern begins with, or the text's size.
    std::size_t next(std::string_view text, std::size_t at) const {
      while (at < text.size() && !begins_[static_cast<unsigned char>(text[at])]) ++at;
      return at;
    }
    /// The longest pattern that `text` begins with; null when there is none.
    const std::pair<std::string, std::size_t>* longest(std::string_view text) const;

   private:
    std::vector<std::pair<std::string, std::size_t>> patterns_;  // sorted
    std::array<std::uint32_t, 257> by_first_byte_{};             // where those of a byte begin
    std::array<bool, 256> begins_{};                             // whether there are any
  };

  std::vector<AddedToken> tokens_;
  std::vector<std::string> decoded_;
  std::unordered_map<std::string, std::size_t> by_content_;
  std::unordered_map<std::int32_t, std::size_t> by_id_;
  std::unordered_set<std::string> special_;
  Matcher raw_;
  Matcher normalized_;
};

}  // namespace verdict

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
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
  /// A later token of the same content replaces an earlier one. `normalizer` may be null.
  void add(AddedToken token, const Normalizer* normalizer);

  const AddedToken* find(std::string_view content) const;
  const AddedToken* find(std::int32_t id) const;
  bool is_special(std::int32_t id) const;
  const std::vector<AddedToken>& tokens() const { return tokens_; }

  /// A stretch of text: an added token, or text between them.
  struct Segment {
    TextRange range;
    const AddedToken* token = nullptr;
  };

  /// Divides a text at its added tokens, the leftmost and longest first. `normalized` chooses the
  /// tokens that are looked for; special ones are left out when `skip_special`.
  std::vector<Segment> split(std::string_view text, bool normalized, bool skip_special) const;

  bool has_normalized() const { return !normalized_.patterns.empty(); }

 private:
  /// Patterns by their first byte, longest first.
  struct Matcher {
    std::unordered_map<std::string, std::size_t> patterns;  // text → index of the token
    std::vector<std::vector<std::string>> by_first_byte =
        std::vector<std::vector<std::string>>(256);
    void add(const std::string& pattern, std::size_t token);
  };

  std::vector<AddedToken> tokens_;
  std::unordered_map<std::string, std::size_t> by_content_;
  std::unordered_map<std::int32_t, std::size_t> by_id_;
  Matcher raw_;
  Matcher normalized_;
};

}  // namespace verdict

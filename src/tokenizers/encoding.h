#pragma once

#include <cstdint>
#include <vector>

#include "verdict/tokenizers/normalized_text.h"

namespace verdict {

/// Characters of white space at both ends of a token's text.
struct TokenSpaces {
  std::uint32_t leading = 0;
  std::uint32_t trailing = 0;
};

/// A tokenized text or pair, with one entry a token in every list (reference: Encoding of
/// tokenizers).
struct Encoding {
  /// In `word_ids` and `sequence_ids`: a token that belongs to none, such as [CLS] or padding.
  static constexpr std::int32_t kNone = -1;

  std::vector<std::int32_t> ids;
  std::vector<std::int32_t> type_ids;
  std::vector<std::int32_t> attention_mask;
  std::vector<std::int32_t> special_tokens_mask;
  std::vector<TextRange> offsets;  ///< code points of the original text
  std::vector<std::int32_t> word_ids;
  std::vector<std::int32_t> sequence_ids;  ///< 0 for the text, 1 for its pair
  /// For post-processors that trim offsets; empty for others and behind them.
  std::vector<TokenSpaces> spaces;
  /// What truncation cut off, in windows of the same length.
  std::vector<Encoding> overflowing;

  std::size_t size() const { return ids.size(); }

  void reserve(std::size_t size);
  void push_back(std::int32_t id, std::int32_t type_id, std::int32_t special, TextRange range,
                 std::int32_t word_id, std::int32_t sequence_id);

  /// Tokens first … last - 1, without overflowing.
  Encoding slice(std::size_t first, std::size_t last) const;

  /// Appends another encoding; windows of both are combined as the reference combines them.
  void append(const Encoding& other);

  void set_type_ids(std::int32_t type_id);
};

}  // namespace verdict

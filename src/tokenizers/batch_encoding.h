#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "verdict/base/tensor.h"
#include "verdict/tokenizers/encoding.h"
#include "verdict/tokenizers/truncation.h"

namespace verdict {

enum class PaddingStrategy { kLongest, kMaxLength };

/// What offsets count: code points as in Python, or units of UTF-16 as in JavaScript's strings.
enum class OffsetUnit { kCodePoint, kUtf16 };

/// Options of a tokenizer's call (names of the reference).
struct TokenizeOptions {
  bool add_special_tokens = true;
  std::optional<PaddingStrategy> padding;  ///< none: every row keeps its length
  TruncationStrategy truncation = TruncationStrategy::kDoNotTruncate;
  /// Of truncation and of padding to a fixed length; none: the tokenizer's `model_max_length`.
  std::optional<std::int64_t> max_length;
  std::int64_t stride = 0;  ///< tokens that the windows of a truncated text share
  std::int64_t pad_to_multiple_of = 0;
  /// Whether what truncation cut off follows as rows of its own.
  bool return_overflowing_tokens = false;
  bool return_offsets_mapping = false;
  bool split_special_tokens = false;  ///< special tokens in the text are text
  OffsetUnit offset_unit = OffsetUnit::kCodePoint;
};

/// The rows of a tokenizer's call.
struct BatchEncoding {
  std::vector<Encoding> rows;
  /// The text of each row: a text has several rows only with `return_overflowing_tokens`.
  std::vector<std::size_t> overflow_to_sample_mapping;
  bool has_token_type_ids = false;  ///< whether the tokenizer's models take them

  /// int64 [rows, width] under the names of a model's arguments: `input_ids`, `attention_mask` and,
  /// where its models take them, `token_type_ids`. Throws `kInvalidArgument` when the rows differ
  /// in length.
  std::map<std::string, Tensor, std::less<>> tensors() const;
};

}  // namespace verdict

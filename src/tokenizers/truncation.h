#pragma once

#include <cstdint>
#include <string_view>

#include "verdict/tokenizers/encoding.h"

namespace verdict {

/// Which text of a pair is cut (`truncation` of the reference's tokenizers).
enum class TruncationStrategy { kDoNotTruncate, kLongestFirst, kOnlyFirst, kOnlySecond };

/// "do_not_truncate", "longest_first", "only_first", "only_second"; throws `kInvalidArgument`.
TruncationStrategy truncation_strategy_from_name(std::string_view name);

/// The side at which tokens are cut or padding is added.
enum class Side { kRight, kLeft };

/// "right", "left"; throws `kInvalidArgument`.
Side side_from_name(std::string_view name);

struct Truncation {
  TruncationStrategy strategy = TruncationStrategy::kDoNotTruncate;
  std::int64_t max_length = 512;  ///< special tokens included
  std::int64_t stride = 0;        ///< tokens that neighbouring windows share
  Side side = Side::kRight;
};

/// Cuts a text, or a pair, so that `special` more tokens fit; `pair` may be null. What is cut off
/// becomes `overflowing`. Throws `kInvalidArgument` when the text to be cut is too short, or when
/// the stride leaves no room.
void truncate(Encoding& encoding, Encoding* pair, std::int64_t special,
              const Truncation& truncation);

}  // namespace verdict

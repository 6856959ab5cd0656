#pragma once

#include <cstdint>
#include <string>

#include "verdict/nn/scope.h"

namespace verdict::nn {

/// `input_ids`, int32 by token; every id must be in [0, vocab_size).
Value input_ids(const Scope& scope, std::int64_t vocab_size);

/// An optional argument by token; `fallback` where the caller does not give it.
Value optional_input(const Scope& scope, std::string name, std::int64_t limit,
                     std::int32_t fallback);

/// `position_ids`: the caller's, else `first` + the token's column in the padded input (BERT).
Value column_positions(const Scope& scope, std::int64_t limit, std::int32_t first = 0);

/// The token's column in the padded input, whatever `position_ids` the caller gives.
Value token_columns(const Scope& scope, std::int64_t limit);

/// `position_ids`: the caller's, else padding_idx + the count of tokens other than `padding_idx` so
/// far, and `padding_idx` itself for that token (RoBERTa's `create_position_ids_from_input_ids`).
Value token_count_positions(const Scope& scope, std::int64_t limit, std::int32_t padding_idx);

}  // namespace verdict::nn

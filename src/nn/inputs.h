#pragma once

#include <cstdint>
#include <limits>
#include <string>

#include "verdict/nn/scope.h"

namespace verdict::nn {

/// No bound: the limit of inputs that index nothing.
inline constexpr std::int64_t kAnyInteger = std::numeric_limits<std::int32_t>::max();

/// `input_ids`, int32 by token; every id must be in [0, vocab_size).
Value input_ids(const Scope& scope, std::int64_t vocab_size);

/// An optional argument by token; `fallback` where the caller does not give it.
Value optional_input(const Scope& scope, std::string name, std::int64_t limit,
                     std::int32_t fallback);

/// Each token's column in the padded input, which causal and windowed attention compare.
Value token_columns(const Scope& scope, std::int64_t limit = kAnyInteger);

/// The same for keys that `prefix` shared rows precede; those have column 0, so every token sees
/// them.
Value prefixed_token_columns(const Scope& scope, std::int64_t prefix);

/// `position_ids` + offset: the caller's, else the token's column in the padded input (BERT).
/// `offset` is that of tables whose first rows are no position's (BART: 2).
Value column_positions(const Scope& scope, std::int64_t limit, std::int32_t offset = 0);

/// `position_ids`: the caller's as they are, else `first` + the token's column (Nyströmformer).
Value column_positions_from(const Scope& scope, std::int64_t limit, std::int32_t first);

/// `position_ids`: the caller's, else padding_idx + the count of tokens other than `padding_idx` so
/// far, and `padding_idx` itself for that token (RoBERTa's `create_position_ids_from_input_ids`).
Value token_count_positions(const Scope& scope, std::int64_t limit, std::int32_t padding_idx);

/// `decoder_input_ids`: `input_ids` moved one token to the right inside each sequence, behind
/// `start` (BART, T5).
Value shifted_input_ids(const Scope& scope, std::int64_t vocab_size, std::int32_t start);

/// The same behind the sequence's last token that is not `pad_token_id` (mBART: the language).
Value wrapped_input_ids(const Scope& scope, std::int64_t vocab_size, std::int32_t pad_token_id);

}  // namespace verdict::nn

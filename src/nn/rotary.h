#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "verdict/nn/scope.h"

namespace verdict::nn {

/// The inverse frequencies of rotary pairs, for a sequence of `length` tokens: some kinds of
/// scaling depend on the length.
using InverseFrequencies = std::function<std::vector<float>(std::int64_t length)>;

/// base^(-2i / rotated) for i < rotated / 2 (Su et al. 2021).
InverseFrequencies rotary_frequencies(double base, std::int64_t rotated);

/// Cosines and sines by token, [tokens, rotated], multiplied by `magnitude`. Positions are the
/// caller's `position_ids`, else the tokens' columns.
Value rotary_table(const Scope& scope, std::int64_t rotated, InverseFrequencies frequencies,
                   double magnitude = 1);

/// Rotates the first columns of every head, as many as the table has.
Value rotate(const Scope& scope, Value x, Value table, std::int64_t heads, std::int64_t head_size,
             bool interleaved = false);

}  // namespace verdict::nn

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

struct RotaryOptions {
  bool interleaved = false;  ///< pairs are neighbours
  bool sines_first = false;  ///< in the table
};

/// Rotates the first columns of every head, as many as the table has. Throws `kInvalidArgument` for
/// an odd number of them.
Value rotate(const Scope& scope, Value x, Value table, std::int64_t heads, std::int64_t head_size,
             const RotaryOptions& options = {});

}  // namespace verdict::nn

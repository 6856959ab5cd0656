#pragma once

#include <cstdint>
#include <string_view>

#include "verdict/nn/scope.h"

namespace verdict::nn {

/// torch.nn.Linear: x [s, in] → [s, out]; parameters `weight` [out, in] and `bias` [out].
Value linear(const Scope& scope, Value x, std::int64_t out_features);

/// torch.nn.Embedding: ids int32 [s] → [s, size]; parameter `weight` [entries, size]. `padding_idx`
/// is the row that a new model zeroes; -1: none.
Value embedding(const Scope& scope, Value ids, std::int64_t entries, std::int64_t size,
                std::int64_t padding_idx = -1);

/// `embedding` whose table starts as sines and cosines of the position.
Value sinusoidal_embedding(const Scope& scope, Value ids, std::int64_t entries, std::int64_t size);

/// torch.nn.LayerNorm over the last axis; parameters `weight` and `bias`.
Value layer_norm(const Scope& scope, Value x, double eps);

/// An activation by its name in the config.
Value activation(const Scope& scope, Value x, std::string_view name);

/// Dropout in training, nothing in evaluation.
Value dropout(const Scope& scope, Value x, double p);

Value add(const Scope& scope, Value a, Value b);

struct AttentionResult {
  Value context;        ///< [queries, heads · head_size]
  Value probabilities;  ///< [pairs, heads]
};

/// Names of the three input projections below an attention's scope.
struct ProjectionNames {
  std::string_view query = "query";
  std::string_view key = "key";
  std::string_view value = "value";
};

/// Bidirectional multi-head self-attention, scores scaled by 1 / √head_size; x [s, hidden]. The
/// output projection is the caller's.
AttentionResult self_attention(const Scope& scope, Value x, std::int64_t heads, double dropout,
                               const ProjectionNames& names = {});

/// The first token of every sequence: x [s, n] → [rows, n].
Value first_token(const Scope& scope, Value x);

}  // namespace verdict::nn

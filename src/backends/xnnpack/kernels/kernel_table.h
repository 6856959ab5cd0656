#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "verdict/backends/xnnpack/cpu.h"
#include "verdict/graph/op.h"

namespace verdict::xnnpack {

/// One head of one sequence. Query, key, value and context are rows of `head_size` floats inside
/// wider rows.
struct AttentionHead {
  const float* query;
  const float* key;
  const float* value;
  float* context;
  std::size_t query_stride;  ///< floats from row to row
  std::size_t key_stride;
  std::size_t value_stride;
  std::size_t context_stride;
  std::size_t queries;
  std::size_t keys;
  std::size_t head_size;
  float scale;
  float* probabilities;  ///< [queries, keys], or null
  float dropout;         ///< 0 in evaluation
  std::uint64_t dropout_seed;
};

/// Quantised row: real ≈ (q - zero_point) · scale.
struct RowQuantization {
  std::int32_t zero_point;
  float scale;
};

/// The kernels of one instruction set.
struct KernelTable {
  /// out = norm(x + residual) · weight + bias over n elements; `residual` may be null. out may be
  /// x.
  void (*layer_norm)(std::size_t n, const float* x, const float* residual, const float* weight,
                     const float* bias, float eps, float* out);
  /// In place, by `graph::Activation`.
  std::array<void (*)(std::size_t n, float* x), 8> activation;
  void (*add)(std::size_t n, const float* a, const float* b, float* out);
  /// Asymmetric int8 over the row's range, which is widened to hold 0.
  RowQuantization (*quantize_row)(std::size_t n, const float* x, std::int8_t* out);
  void (*dequantize_row)(std::size_t n, const std::int8_t* x, float scale, float* out);
  /// Floats of scratch that `attention` needs.
  std::uint64_t (*attention_scratch)(std::uint64_t keys, std::uint64_t head_size);
  void (*attention)(const AttentionHead& head, float* scratch);

  void activate(graph::Activation kind, std::size_t n, float* x) const {
    activation[static_cast<std::size_t>(kind)](n, x);
  }
};

/// The best table that `isa` can run.
const KernelTable& kernel_table(Isa isa);

/// Uniform in [0, 1), a function of seed and index; decides dropout.
inline float hashed_uniform(std::uint64_t seed, std::uint64_t index) {
  std::uint64_t x = seed + index * 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return static_cast<float>((x ^ (x >> 31)) >> 40) * 0x1p-24f;
}

}  // namespace verdict::xnnpack

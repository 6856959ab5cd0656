#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "verdict/backends/xnnpack/cpu.h"
#include "verdict/graph/op.h"

namespace verdict::xnnpack {

/// The heads of one sequence that share a key head. Query, key, value and context are rows of one
/// head's floats inside wider rows; query heads and contexts lie side by side.
struct AttentionGroup {
  const float* query;
  const float* key;
  const float* value;
  float* context;
  std::size_t query_stride;  ///< floats from row to row
  std::size_t key_stride;
  std::size_t value_stride;
  std::size_t context_stride;
  std::size_t heads;
  std::size_t queries;
  std::size_t keys;
  std::size_t head_size;
  std::size_t value_size;
  float scale;
  float softcap;  ///< 0: none
  /// Query i sees the keys from first_key[i] up to, not including, last_key[i]; both null: all.
  const std::int32_t* first_key;
  const std::int32_t* last_key;
  /// Adds to the scaled scores of a query's visible keys; null: nothing.
  void (*add_terms)(void* terms, std::size_t head, std::size_t query, std::size_t first_key,
                    std::size_t last_key, float* scores);
  void* terms;
  float* probabilities;  ///< [heads, queries, keys], or null
  bool gives_scores;     ///< `probabilities` gets the scores before the softmax
  float dropout;         ///< 0 in evaluation
  std::uint64_t dropout_seed;
  bool may_round;  ///< to int16, for the products
};

/// What a normalisation does to a row of n elements.
struct Norm {
  std::size_t n;
  bool rms;  ///< divides by the root mean square; else subtracts the mean first
  const float* weight;
  const float* bias;  ///< both may be null
  float eps;
  float weight_offset;
};

/// Quantised row: real ≈ (q - zero_point) · scale.
struct RowQuantization {
  std::int32_t zero_point;
  float scale;
};

/// The kernels of one instruction set.
struct KernelTable {
  static constexpr std::size_t kSurplusRows = 7;

  /// out = norm(x + residual); `residual` may be null. out may be x.
  void (*norm)(const Norm& norm, const float* x, const float* residual, float* out);
  /// In place, by `graph::Activation`, over rows of n elements.
  std::array<void (*)(std::size_t rows, std::size_t n, float* x, std::size_t stride), 8> activation;
  void (*add)(std::size_t n, const float* a, const float* b, float* out);
  void (*multiply)(std::size_t n, const float* a, const float* b, float* out);
  std::size_t tile_columns;
  /// out[rows][tile_columns] = a[rows][depth] · tile[depth][tile_columns]. Up to `kSurplusRows`
  /// more rows of out are written.
  void (*multiply_tile)(std::size_t rows, std::size_t depth, const float* a, std::size_t a_stride,
                        const float* tile, float* out);
  /// out[i] = bias[i] + Σ_t weights[t · stride + i] · x[t · stride + i], t < taps, i < n.
  void (*sum_taps)(std::size_t taps, std::size_t n, std::size_t stride, const float* weights,
                   const float* x, const float* bias, float* out);
  /// Turns the pairs (x[i], x[half + i]) of every head by angles, and copies what is behind them.
  /// out may be x.
  void (*rotate_pairs)(std::size_t heads, std::size_t head_size, std::size_t half, const float* x,
                       const float* cosines, const float* sines, float* out);
  /// Asymmetric int8 over the row's range, which is widened to hold 0. The bits of `flip` are
  /// stored inverted: with 128 a byte is the number above the least one, unsigned.
  RowQuantization (*quantize_row)(std::size_t n, const float* x, std::uint8_t flip,
                                  std::int8_t* out);
  void (*dequantize_row)(std::size_t n, const std::int8_t* x, float scale, float* out);
  /// Floats of scratch that `attention` needs.
  std::uint64_t (*attention_scratch)(std::uint64_t keys, std::uint64_t head_size,
                                     std::uint64_t value_size);
  /// Returns whether the products were int16's.
  bool (*attention)(const AttentionGroup& group, float* scratch);

  void activate(graph::Activation kind, std::size_t rows, std::size_t n, float* x,
                std::size_t stride) const {
    activation[static_cast<std::size_t>(kind)](rows, n, x, stride);
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

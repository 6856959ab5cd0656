// What the kernels for Intel's AMX share: products of rows with one panel of 32 columns.
//
// A tile is 16 rows × 64 bytes, and one instruction multiplies two of them: 16 × 16 sums, 64 bytes
// of inputs each. Panels of 32 columns in which 4 bytes of a column lie side by side (4 int8 or 2
// bfloat16) are read as they lie: two tiles, 128 bytes from row to row. A block is up to 32 rows ×
// 32 columns: 4 tiles of sums, 2 of inputs and 2 of weights are all 8 that there are, so 4
// instructions of 16 clocks share 4 loads. Each load is 1 KB: with inputs and weights both from the
// second cache the loads take twice as long as the products. Hence rows are multiplied in chunks of
// `kChunk` bytes, for all blocks of rows one after another: a chunk of the panel stays in the first
// cache.
//
// Everything has internal linkage, as in avx512_block.h.
#pragma once

#include <immintrin.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace verdict::xnnpack {

namespace {

/// Bytes of a row that one step multiplies; inputs are padded with zeros to whole steps.
constexpr std::size_t kStep = 64;
/// Bytes of a panel's weights that belong to a step.
constexpr std::size_t kStepWeights = kStep / 4 * 128;
#ifndef CH
#define CH 512
#endif
constexpr std::size_t kChunk = CH;
constexpr std::size_t kTileRows = 16;

/// The registers of tiles: 0 to 3 are sums (upper left, upper right, lower left, lower right), 4
/// and 5 inputs, 6 and 7 weights.
class Tiles {
 public:
  Tiles() = default;
  Tiles(const Tiles&) = delete;
  Tiles& operator=(const Tiles&) = delete;
  ~Tiles() { _tile_release(); }

  /// For blocks of so many rows; without lower ones their tiles do not exist.
  void configure(std::size_t upper, std::size_t lower) {
    if (upper == upper_ && lower == lower_) return;
    upper_ = upper;
    lower_ = lower;
    Configuration configuration;
    for (const std::size_t tile : {0, 1, 4}) configuration.set(tile, upper);
    for (const std::size_t tile : {2, 3, 5}) configuration.set(tile, lower);
    for (const std::size_t tile : {6, 7}) configuration.set(tile, kTileRows);
    // (g++ 12's intrinsic does not say that it reads all of it.)
    asm volatile("ldtilecfg %0" : : "m"(configuration));
  }

 private:
  struct alignas(64) Configuration {
    std::uint8_t palette = 1;
    std::array<std::uint8_t, 15> reserved{};
    std::array<std::uint16_t, 16> row_bytes{};
    std::array<std::uint8_t, 16> rows{};

    void set(std::size_t tile, std::size_t count) {
      row_bytes[tile] = count == 0 ? 0 : kStep;
      rows[tile] = static_cast<std::uint8_t>(count);
    }
  };
  std::size_t upper_ = 0;
  std::size_t lower_ = 0;
};

/// What blocks are multiplied of.
struct AmxOperands {
  const std::byte* a;  ///< inputs, padded with zeros to whole steps
  std::size_t a_stride;
  const std::byte* weights;  ///< [groups][32][4 bytes]
  std::size_t groups;        ///< of 4 bytes of a row
};

/// A block's rows and the memory of its sums, in bytes.
struct AmxBlock {
  const std::byte* upper;
  const std::byte* lower;
  std::byte* sums;
  std::byte* lower_sums;
  std::size_t sums_stride;
};

template <typename Multiply, bool kHasLower>
inline void add_step(const std::byte* upper, const std::byte* lower, std::size_t stride,
                     const std::byte* weights) {
  _tile_loadd(6, weights, 128);
  _tile_loadd(4, upper, stride);
  Multiply::upper_left();
  _tile_loadd(7, weights + 64, 128);
  Multiply::upper_right();
  if constexpr (kHasLower) {
    _tile_loadd(5, lower, stride);
    Multiply::lower_left();
    Multiply::lower_right();
  }
}

/// Adds the products of a chunk to a block's sums. The first chunk begins with `initial`, 32 sums,
/// or with zeros.
template <typename Multiply, bool kHasLower>
inline void add_chunk(const AmxOperands& of, const AmxBlock& block, bool is_first,
                      const std::byte* initial, std::size_t first_step, std::size_t steps,
                      const std::byte* rest) {
  if (is_first && initial == nullptr) {
    _tile_zero(0);
    _tile_zero(1);
    if constexpr (kHasLower) {
      _tile_zero(2);
      _tile_zero(3);
    }
  } else {
    const std::size_t stride = is_first ? 0 : block.sums_stride;
    const std::byte* from = is_first ? initial : block.sums;
    _tile_loadd(0, from, stride);
    _tile_loadd(1, from + 64, stride);
    if constexpr (kHasLower) {
      const std::byte* lower_from = is_first ? initial : block.lower_sums;
      _tile_loadd(2, lower_from, stride);
      _tile_loadd(3, lower_from + 64, stride);
    }
  }
  const std::byte* upper = block.upper + first_step * kStep;
  const std::byte* lower = block.lower + first_step * kStep;
  const std::byte* weights = of.weights + first_step * kStepWeights;
  for (std::size_t i = 0; i < steps; ++i) {
    add_step<Multiply, kHasLower>(upper, lower, of.a_stride, weights);
    upper += kStep;
    lower += kStep;
    weights += kStepWeights;
  }
  if (rest != nullptr) add_step<Multiply, kHasLower>(upper, lower, of.a_stride, rest);
  _tile_stored(0, block.sums, block.sums_stride);
  _tile_stored(1, block.sums + 64, block.sums_stride);
  if constexpr (kHasLower) {
    _tile_stored(2, block.lower_sums, block.sums_stride);
    _tile_stored(3, block.lower_sums + 64, block.sums_stride);
  }
}

/// Multiplies `rows` rows by a panel, whose sums begin with `initial` (null: zeros). sums_of(row,
/// is_only) says where those of a block lie, which begins with that row; `is_only`: no chunk comes
/// later. finish(row, rows) is called for each block when its sums are complete.
template <typename Multiply, typename SumsOf, typename Finish>
inline void multiply_tiles(std::size_t rows, const AmxOperands& of, const std::byte* initial,
                           std::size_t sums_stride, SumsOf sums_of, Finish finish) {
  const std::size_t steps = of.groups / kTileRows;
  // A panel that ends within a step is padded, since 0 · what lies behind it may be NaN.
  alignas(64) std::array<std::byte, kStepWeights> rest;
  const std::size_t rest_bytes = of.groups % kTileRows * 128;
  if (rest_bytes > 0) {
    std::memcpy(rest.data(), of.weights + steps * kStepWeights, rest_bytes);
    std::memset(rest.data() + rest_bytes, 0, rest.size() - rest_bytes);
  }
  // Tiles are loaded behind the compiler's back.
  asm volatile("" : : "r"(rest.data()) : "memory");

  const std::size_t blocks = (rows + 2 * kTileRows - 1) / (2 * kTileRows);
  const std::size_t block_rows = (rows + blocks - 1) / blocks;
  constexpr std::size_t kChunkSteps = kChunk / kStep;
  Tiles tiles;
  bool is_last = false;
  for (std::size_t first_step = 0; !is_last; first_step += kChunkSteps) {
    // A short last chunk would be little work for the sums' way to memory and back.
    is_last = steps - first_step < kChunkSteps + kChunkSteps / 2;
    const bool is_first = first_step == 0;
    const std::size_t chunk = is_last ? steps - first_step : kChunkSteps;
    const std::byte* tail = is_last && rest_bytes > 0 ? rest.data() : nullptr;
    for (std::size_t row = 0; row < rows; row += block_rows) {
      const std::size_t count = std::min(block_rows, rows - row);
      const std::size_t upper = count <= kTileRows ? count : (count + 1) / 2;
      tiles.configure(upper, count - upper);
      const std::byte* a = of.a + row * of.a_stride;
      std::byte* sums = sums_of(row, is_first && is_last);
      const AmxBlock block{a, a + upper * of.a_stride, sums, sums + upper * sums_stride,
                           sums_stride};
      (count > upper
           ? &add_chunk<Multiply, true>
           : &add_chunk<Multiply, false>)(of, block, is_first, initial, first_step, chunk, tail);
      if (is_last) finish(row, count);
    }
  }
}

}  // namespace

}  // namespace verdict::xnnpack

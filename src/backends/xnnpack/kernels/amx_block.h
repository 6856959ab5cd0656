// What the kernels for Intel's AMX share: products of rows with one panel of 32 columns.
//
// A tile is 16 rows × 64 bytes, and one instruction multiplies two of them: 16 × 16 sums over 64
// bytes of inputs. Panels of 32 columns in which 4 bytes of a column lie side by side (4 int8 or 2
// bfloat16) are read as they lie: two tiles, 128 bytes from row to row. A block is up to 32 rows ×
// 32 columns: 4 tiles of sums, 2 of inputs and 2 of weights are all 8 that there are, so 4
// instructions of 16 clocks share 4 loads. With inputs and weights both from the second cache these
// loads, 4 KB, take longer than the products; so rows are multiplied in chunks, each for all blocks
// of rows before the next one, and a chunk of the panel stays in the first cache. Meanwhile the
// next panel is fetched into the second one.
//
// Everything has internal linkage, as in avx512_block.h.
#pragma once

#include <immintrin.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "verdict/backends/xnnpack/kernels/product_amx.h"

namespace verdict::xnnpack {

namespace {

/// Bytes of a row that one step multiplies; inputs are padded with zeros to whole steps.
constexpr std::size_t kStep = 64;
/// Bytes of a panel's weights that belong to 4 bytes of a row, and to a step.
constexpr std::size_t kGroupWeights = 128;
constexpr std::size_t kStepWeights = kStep / 4 * kGroupWeights;
/// Steps of a chunk.
constexpr std::size_t kMostSteps = 8;
constexpr std::size_t kTileRows = 16;
static_assert(kAmxRows == 2 * kTileRows);

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
    for (const std::size_t tile : {0u, 1u, 4u}) configuration.set(tile, upper);
    for (const std::size_t tile : {2u, 3u, 5u}) configuration.set(tile, lower);
    for (const std::size_t tile : {6u, 7u}) configuration.set(tile, kTileRows);
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

/// One block's part of them.
struct AmxBlock {
  std::size_t first_row;
  std::size_t upper_rows;
  std::byte* sums;
  std::size_t sums_stride;  ///< in bytes
  /// Cache lines of the next panel to fetch in every step, and how far into a step's they begin.
  std::size_t fetch;
  std::size_t fetch_from;
};

/// A part of the rows' length.
struct AmxChunk {
  std::size_t first_step;
  std::size_t steps;
  const std::byte* rest;     ///< weights of one step more, or null
  const std::byte* initial;  ///< 32 sums to begin with; null: zeros
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

/// Adds the products of a chunk to a block's sums.
template <typename Multiply, bool kHasLower>
inline void add_chunk(const AmxOperands& of, const AmxBlock& block, const AmxChunk& chunk) {
  const bool is_first = chunk.first_step == 0;
  std::byte* lower_sums = block.sums + block.upper_rows * block.sums_stride;
  if (is_first && chunk.initial == nullptr) {
    _tile_zero(0);
    _tile_zero(1);
    if constexpr (kHasLower) {
      _tile_zero(2);
      _tile_zero(3);
    }
  } else {
    const std::size_t stride = is_first ? 0 : block.sums_stride;
    const std::byte* from = is_first ? chunk.initial : block.sums;
    _tile_loadd(0, from, stride);
    _tile_loadd(1, from + 64, stride);
    if constexpr (kHasLower) {
      const std::byte* lower_from = is_first ? chunk.initial : lower_sums;
      _tile_loadd(2, lower_from, stride);
      _tile_loadd(3, lower_from + 64, stride);
    }
  }
  const std::byte* upper = of.a + block.first_row * of.a_stride + chunk.first_step * kStep;
  const std::byte* lower = upper + block.upper_rows * of.a_stride;
  const std::byte* weights = of.weights + chunk.first_step * kStepWeights;
  const std::byte* next = weights + of.groups * kGroupWeights + block.fetch_from * 64;
  for (std::size_t i = 0; i < chunk.steps; ++i) {
    for (std::size_t line = 0; line < block.fetch; ++line)
      _mm_prefetch(next + line * 64, _MM_HINT_T1);
    add_step<Multiply, kHasLower>(upper, lower, of.a_stride, weights);
    upper += kStep;
    lower += kStep;
    weights += kStepWeights;
    next += kStepWeights;
  }
  if (chunk.rest != nullptr) {
    add_step<Multiply, kHasLower>(upper, lower, of.a_stride, chunk.rest);
  }
  _tile_stored(0, block.sums, block.sums_stride);
  _tile_stored(1, block.sums + 64, block.sums_stride);
  if constexpr (kHasLower) {
    _tile_stored(2, lower_sums, block.sums_stride);
    _tile_stored(3, lower_sums + 64, block.sums_stride);
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
  const std::size_t rest_bytes = of.groups % kTileRows * kGroupWeights;
  if (rest_bytes > 0) {
    std::memcpy(rest.data(), of.weights + steps * kStepWeights, rest_bytes);
    std::memset(rest.data() + rest_bytes, 0, rest.size() - rest_bytes);
  }
  // Tiles are loaded behind the compiler's back.
  asm volatile("" : : "r"(rest.data()) : "memory");

  const std::size_t blocks = (rows + kAmxRows - 1) / kAmxRows;
  const std::size_t block_rows = (rows + blocks - 1) / blocks;
  const std::size_t chunks = std::max<std::size_t>(1, (steps + kMostSteps - 1) / kMostSteps);
  const std::size_t chunk_steps = (steps + chunks - 1) / chunks;
  // The blocks share the fetching. One alone waits for its own weights all the time.
  const std::size_t fetch = blocks == 1 ? 0 : kStepWeights / 64 / blocks;
  Tiles tiles;
  for (std::size_t i = 0; i < chunks; ++i) {
    const bool is_last = i + 1 == chunks;
    const std::size_t first_step = i * chunk_steps;
    const AmxChunk chunk{first_step, std::min(chunk_steps, steps - first_step),
                         is_last && rest_bytes > 0 ? rest.data() : nullptr, initial};
    for (std::size_t row = 0; row < rows; row += block_rows) {
      const std::size_t count = std::min(block_rows, rows - row);
      const std::size_t upper = count <= kTileRows ? count : (count + 1) / 2;
      tiles.configure(upper, count - upper);
      const AmxBlock block{row,         upper, sums_of(row, chunks == 1),
                           sums_stride, fetch, row / block_rows * fetch};
      (count > upper ? &add_chunk<Multiply, true> : &add_chunk<Multiply, false>)(of, block, chunk);
      if (is_last) finish(row, count);
    }
  }
}

}  // namespace

}  // namespace verdict::xnnpack

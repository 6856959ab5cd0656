// What the AVX-512 kernels of 32 columns share. Everything has internal linkage: each file that
// includes this is compiled for its own instruction set, and the linker would keep one copy of all.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "verdict/backends/xnnpack/kernels/product_avx512.h"

namespace verdict::xnnpack {

namespace {

/// How far ahead weights are fetched, in bytes.
constexpr std::size_t kFetchAhead = 4096;
/// Bytes of a panel that one step of a product reads.
constexpr std::size_t kStepBytes = 128;

/// The weights that a block asks for while it multiplies, two lines in every step.
struct Fetch {
  const char* from;
  std::size_t step;

  void next() {
    _mm_prefetch(from, _MM_HINT_T0);
    _mm_prefetch(from + kStepBytes / 2, _MM_HINT_T0);
    from += step;
  }
};

/// Calls kernel(first row, rows, fetch) for blocks of rows, cut evenly. One block alone waits for
/// its weights and fetches them 4 KB ahead. Of several only the first would wait, so all together
/// fetch the next panel.
template <typename Kernel>
inline void for_blocks(std::size_t rows, const void* panel, std::size_t panel_bytes,
                       Kernel kernel) {
  const auto* weights = static_cast<const char*>(panel);
  const std::size_t blocks = (rows + kAvx512Rows - 1) / kAvx512Rows;
  const std::size_t block_rows = (rows + blocks - 1) / blocks;
  Fetch fetch{weights + (blocks == 1 ? kFetchAhead : panel_bytes),
              (kStepBytes + blocks - 1) / blocks};
  for (std::size_t row = 0; row < rows; row += block_rows, fetch.from += panel_bytes / blocks)
    kernel(row, rows - row < block_rows ? rows - row : block_rows, fetch);
}

/// Asks for the lines of a block that is stored later: outputs larger than the second cache come
/// from far away.
template <std::size_t kRows>
inline void fetch_block(const float* c, std::size_t c_stride) {
  for (std::size_t r = 0; r < kRows; ++r) {
    __builtin_prefetch(c + r * c_stride, 1);
    __builtin_prefetch(c + r * c_stride + 16, 1);
  }
}

/// Stores the first columns of a block's rows.
template <std::size_t kRows>
inline void store_block(const __m512 (&sums)[kRows][2], std::size_t columns, float* c,
                        std::size_t c_stride) {
  const auto mask = static_cast<std::uint32_t>((std::uint64_t{1} << columns) - 1);
  for (std::size_t r = 0; r < kRows; ++r) {
    _mm512_mask_storeu_ps(c + r * c_stride, static_cast<__mmask16>(mask), sums[r][0]);
    _mm512_mask_storeu_ps(c + r * c_stride + 16, static_cast<__mmask16>(mask >> 16), sums[r][1]);
  }
}

}  // namespace

}  // namespace verdict::xnnpack

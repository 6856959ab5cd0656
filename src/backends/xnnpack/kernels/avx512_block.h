// What the AVX-512 kernels of 32 columns share. Everything has internal linkage: each file that
// includes this is compiled for its own instruction set, and the linker would keep one copy of all.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

namespace verdict::xnnpack {

/// How far ahead weights are fetched, in bytes.
constexpr std::size_t kFetchAhead = 4096;

/// Asks for the lines of a block that is stored later: outputs larger than the second cache come
/// from far away.
template <std::size_t kRows>
static inline void fetch_block(const float* c, std::size_t c_stride) {
  for (std::size_t r = 0; r < kRows; ++r) {
    __builtin_prefetch(c + r * c_stride, 1);
    __builtin_prefetch(c + r * c_stride + 16, 1);
  }
}

/// Stores the first columns of a block's rows.
template <std::size_t kRows>
static inline void store_block(const __m512 (&sums)[kRows][2], std::size_t columns, float* c,
                               std::size_t c_stride) {
  const auto mask = static_cast<std::uint32_t>((std::uint64_t{1} << columns) - 1);
  for (std::size_t r = 0; r < kRows; ++r) {
    _mm512_mask_storeu_ps(c + r * c_stride, static_cast<__mmask16>(mask), sums[r][0]);
    _mm512_mask_storeu_ps(c + r * c_stride + 16, static_cast<__mmask16>(mask >> 16), sums[r][1]);
  }
}

}  // namespace verdict::xnnpack

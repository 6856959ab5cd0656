#pragma once

#include <wasm_simd128.h>

#include <cstddef>
#include <cstring>

#include "verdict/backends/xnnpack/kernels/packed_rows.h"
#include "verdict/backends/xnnpack/kernels/quantized_rows.h"

// What the kernels for WebAssembly's 128-bit vectors share.
namespace verdict::xnnpack {

inline v128_t multiply_add(v128_t a, v128_t b, v128_t c) {
#if defined(__wasm_relaxed_simd__)
  return wasm_f32x4_relaxed_madd(a, b, c);
#else
  return wasm_f32x4_add(c, wasm_f32x4_mul(a, b));
#endif
}

/// Rounds to integers below 2²², and adds `offset` - kMagicBits: adding 1.5 · 2²³ leaves them in
/// the lowest bits. (What the engines do for trunc_sat takes six instructions.)
constexpr float kMagic = 12582912.0f;
constexpr std::int32_t kMagicBits = 0x4b400000;
inline v128_t round_and_add(v128_t v, v128_t offset) {
  return wasm_i32x4_add(wasm_f32x4_add(v, wasm_f32x4_splat(kMagic)), offset);
}

/// The sum of four lanes, which is not finite where one of them is not.
inline float sum_of(v128_t v) {
  return wasm_f32x4_extract_lane(v, 0) + wasm_f32x4_extract_lane(v, 1) +
         wasm_f32x4_extract_lane(v, 2) + wasm_f32x4_extract_lane(v, 3);
}

/// Stores a block of results, or the part of it that exists.
template <std::size_t kRows>
void store_block(const v128_t (&sums)[kRows][2], std::size_t rows, std::size_t columns, float* c,
                 std::size_t stride) {
  if (rows == kRows && columns == PackedRowsKernels::kColumns) {
    for (std::size_t r = 0; r < kRows; ++r) {
      wasm_v128_store(c + r * stride, sums[r][0]);
      wasm_v128_store(c + r * stride + 4, sums[r][1]);
    }
    return;
  }
  for (std::size_t r = 0; r < rows; ++r) {
    float row[PackedRowsKernels::kColumns];
    wasm_v128_store(row, sums[r][0]);
    wasm_v128_store(row + 4, sums[r][1]);
    std::memcpy(c + r * stride, row, columns * sizeof(float));
  }
}

/// Stores a block of int32 sums times the row's and the column's scale, plus the bias: 8 scales and
/// 8 biases lie at `end`. Inlined, with results of its own: sums whose address is known or that are
/// indexed by a variable would lie in memory during the product, too.
template <std::size_t kRows>
__attribute__((always_inline)) inline void store_scaled(const v128_t (&sums)[kRows][2],
                                                        const RowQuantization* quantization,
                                                        const std::byte* end, std::size_t rows,
                                                        std::size_t columns, float* c,
                                                        std::size_t stride) {
  v128_t results[kRows][2];
  for (std::size_t half = 0; half < 2; ++half) {
    const v128_t by_column = wasm_v128_load(end + 16 * half);
    const v128_t bias = wasm_v128_load(end + 32 + 16 * half);
    for (std::size_t r = 0; r < kRows; ++r) {
      const v128_t scale = wasm_f32x4_mul(wasm_f32x4_splat(quantization[r].scale), by_column);
      results[r][half] = multiply_add(wasm_f32x4_convert_i32x4(sums[r][half]), scale, bias);
    }
  }
  store_block(results, rows, columns, c, stride);
}

}  // namespace verdict::xnnpack

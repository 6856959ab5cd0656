// Products over packed rows for WebAssembly's 128-bit vectors.
//
// A block is 4 rows × 8 columns: 8 accumulators, 2 vectors of weights and one of inputs at a time
// stay in registers. The loops are not unrolled: V8 spills what LLVM then keeps alive. One function
// a kernel, never inlined, for the same reason.
//
// f32 multiplies and adds (fused where the build has relaxed SIMD). q8 multiplies pairs of int16
// inputs and int8 weights, widened when they are loaded, and adds each pair's sum to an int32
// (i32x4.dot_i16x8_s): eight products an instruction, exact, without zero points. Its bound is
// `largest_q8`: n · 127 · bound < 2³¹.
#include <wasm_simd128.h>

#include <cstring>

#include "verdict/backends/xnnpack/kernels/packed_rows.h"

namespace verdict::xnnpack {

namespace {

constexpr std::size_t kRows = PackedRowsKernels::kRows;
constexpr std::size_t kColumns = PackedRowsKernels::kColumns;

inline v128_t multiply_add(v128_t a, v128_t b, v128_t c) {
#if defined(__wasm_relaxed_simd__)
  return wasm_f32x4_relaxed_madd(a, b, c);
#else
  return wasm_f32x4_add(c, wasm_f32x4_mul(a, b));
#endif
}

/// Stores a block of results, or the part of it that exists.
inline void store_block(const v128_t (&sums)[kRows][2], std::size_t rows, std::size_t columns,
                        float* c, std::size_t stride) {
  if (rows == kRows && columns == kColumns) {
    for (std::size_t r = 0; r < kRows; ++r) {
      wasm_v128_store(c + r * stride, sums[r][0]);
      wasm_v128_store(c + r * stride + 4, sums[r][1]);
    }
    return;
  }
  for (std::size_t r = 0; r < rows; ++r) {
    float row[kColumns];
    wasm_v128_store(row, sums[r][0]);
    wasm_v128_store(row + 4, sums[r][1]);
    std::memcpy(c + r * stride, row, columns * sizeof(float));
  }
}

void pack_f32(std::size_t n, std::size_t rows, const float* x, std::size_t stride, float* out) {
  if (rows < kRows) {
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t r = 0; r < kRows; ++r) out[i * kRows + r] = r < rows ? x[r * stride + i] : 0;
    }
    return;
  }
  std::size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    const v128_t a = wasm_v128_load(x + i);
    const v128_t b = wasm_v128_load(x + stride + i);
    const v128_t c = wasm_v128_load(x + 2 * stride + i);
    const v128_t d = wasm_v128_load(x + 3 * stride + i);
    const v128_t ab_low = wasm_i32x4_shuffle(a, b, 0, 4, 1, 5);
    const v128_t ab_high = wasm_i32x4_shuffle(a, b, 2, 6, 3, 7);
    const v128_t cd_low = wasm_i32x4_shuffle(c, d, 0, 4, 1, 5);
    const v128_t cd_high = wasm_i32x4_shuffle(c, d, 2, 6, 3, 7);
    wasm_v128_store(out + 4 * i, wasm_i64x2_shuffle(ab_low, cd_low, 0, 2));
    wasm_v128_store(out + 4 * i + 4, wasm_i64x2_shuffle(ab_low, cd_low, 1, 3));
    wasm_v128_store(out + 4 * i + 8, wasm_i64x2_shuffle(ab_high, cd_high, 0, 2));
    wasm_v128_store(out + 4 * i + 12, wasm_i64x2_shuffle(ab_high, cd_high, 1, 3));
  }
  for (; i < n; ++i) {
    for (std::size_t r = 0; r < kRows; ++r) out[i * kRows + r] = x[r * stride + i];
  }
}

__attribute__((noinline)) void product_f32(std::size_t n, std::size_t rows, std::size_t columns,
                                           const float* a, const float* panel, float* c,
                                           std::size_t stride) {
  const v128_t bias0 = wasm_v128_load(panel);
  const v128_t bias1 = wasm_v128_load(panel + 4);
  v128_t sums[kRows][2] = {{bias0, bias1}, {bias0, bias1}, {bias0, bias1}, {bias0, bias1}};
  const float* w = panel + kColumns;
#pragma clang loop unroll(disable)
  for (; n > 0; --n, a += kRows, w += kColumns) {
    const v128_t w0 = wasm_v128_load(w);
    const v128_t w1 = wasm_v128_load(w + 4);
    for (std::size_t r = 0; r < kRows; ++r) {
      const v128_t x = wasm_v128_load32_splat(a + r);
      sums[r][0] = multiply_add(x, w0, sums[r][0]);
      sums[r][1] = multiply_add(x, w1, sums[r][1]);
    }
  }
  store_block(sums, rows, columns, c, stride);
}

float largest_in(std::size_t n, const float* x) {
  v128_t largest = wasm_f32x4_splat(0);
  std::size_t i = 0;
  for (; i + 4 <= n; i += 4)
    largest = wasm_f32x4_max(largest, wasm_f32x4_abs(wasm_v128_load(x + i)));
  float lanes[4];
  wasm_v128_store(lanes, largest);
  float out = 0;
  // A comparison that NaN does not lose: max of the vectors keeps it as well.
  const auto take = [&](float v) { out = v <= out ? out : v; };
  for (const float lane : lanes) take(lane);
  for (; i < n; ++i) take(__builtin_fabsf(x[i]));
  return out;
}

void quantize(std::size_t n, std::size_t rows, const float* x, std::size_t stride,
              std::int16_t* out, float* scales) {
  const auto bound = static_cast<float>(largest_q8(n));
  float inverse[kRows] = {};
  for (std::size_t r = 0; r < kRows; ++r) {
    const float largest = r < rows ? largest_in(n, x + r * stride) : 0;
    const bool finite = largest - largest == 0;
    scales[r] = finite ? largest / bound : largest - largest;
    // A subnormal range is as good as zero.
    inverse[r] = finite && scales[r] > 1e-37f ? 1 / scales[r] : 0;
  }
  v128_t factors[kRows];
  const float* from[kRows];
  for (std::size_t r = 0; r < kRows; ++r) {
    factors[r] = wasm_f32x4_splat(inverse[r]);
    from[r] = x + (r < rows ? r : 0) * stride;
  }
  const auto rounded = [&](std::size_t r, std::size_t i) {
    return wasm_i32x4_trunc_sat_f32x4(
        wasm_f32x4_nearest(wasm_f32x4_mul(wasm_v128_load(from[r] + i), factors[r])));
  };
  std::size_t i = 0;
  for (; i + 4 <= n; i += 4, out += 16) {
    const v128_t ab = wasm_i16x8_narrow_i32x4(rounded(0, i), rounded(1, i));
    const v128_t cd = wasm_i16x8_narrow_i32x4(rounded(2, i), rounded(3, i));
    wasm_v128_store(out, wasm_i32x4_shuffle(ab, cd, 0, 2, 4, 6));
    wasm_v128_store(out + 8, wasm_i32x4_shuffle(ab, cd, 1, 3, 5, 7));
  }
  for (; i < n; i += 2, out += 8) {
    for (std::size_t r = 0; r < kRows; ++r) {
      for (std::size_t k = 0; k < 2; ++k) {
        const float v = i + k < n ? from[r][i + k] * inverse[r] : 0;
        out[2 * r + k] = static_cast<std::int16_t>(v == v ? __builtin_nearbyintf(v) : 0);
      }
    }
  }
}

__attribute__((noinline)) void product_q8(std::size_t n, std::size_t rows, std::size_t columns,
                                          const std::int16_t* a, const float* scales,
                                          const std::byte* panel, float* c, std::size_t stride) {
  v128_t sums[kRows][2];
  for (auto& row : sums) row[0] = row[1] = wasm_i32x4_splat(0);
  const std::byte* w = panel + kColumns * sizeof(std::int32_t);
#pragma clang loop unroll(disable)
  for (std::size_t pairs = (n + 1) / 2; pairs > 0; --pairs, a += 2 * kRows, w += 2 * kColumns) {
    const v128_t w0 = wasm_i16x8_load8x8(w);
    const v128_t w1 = wasm_i16x8_load8x8(w + 8);
    for (std::size_t r = 0; r < kRows; ++r) {
      const v128_t x = wasm_v128_load32_splat(a + 2 * r);
      sums[r][0] = wasm_i32x4_add(sums[r][0], wasm_i32x4_dot_i16x8(x, w0));
      sums[r][1] = wasm_i32x4_add(sums[r][1], wasm_i32x4_dot_i16x8(x, w1));
    }
  }
  const v128_t scale0 = wasm_v128_load(w);
  const v128_t scale1 = wasm_v128_load(w + 16);
  const v128_t bias0 = wasm_v128_load(w + 32);
  const v128_t bias1 = wasm_v128_load(w + 48);
  for (std::size_t r = 0; r < kRows; ++r) {
    const v128_t scale = wasm_f32x4_splat(scales[r]);
    const auto finish = [&](v128_t sum, v128_t by_column, v128_t bias) {
      return multiply_add(wasm_f32x4_convert_i32x4(sum), wasm_f32x4_mul(scale, by_column), bias);
    };
    sums[r][0] = finish(sums[r][0], scale0, bias0);
    sums[r][1] = finish(sums[r][1], scale1, bias1);
  }
  store_block(sums, rows, columns, c, stride);
}

constexpr PackedRowsKernels kKernels{&pack_f32, &product_f32, &quantize, &product_q8};

}  // namespace

const PackedRowsKernels* packed_rows_kernels() { return &kKernels; }

}  // namespace verdict::xnnpack

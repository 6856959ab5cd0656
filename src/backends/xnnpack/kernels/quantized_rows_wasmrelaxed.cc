// Products of 7-bit inputs and 7-bit weights over packed rows for WebAssembly's relaxed SIMD.
//
// A row is 0 … 127 with a zero point, a weight ±63 (`SevenBit` says why). One instruction
// (i16x8.relaxed_dot_i8x16_i7x16_s) multiplies sixteen pairs and adds neighbours in int16; two such
// results are added there before they are widened to int32: 32 products in five instructions, where
// plain SIMD needs eight. The zero point is corrected by minus the sum of a column's weights, with
// which its int32 sum begins. The limit is the multiplying instruction, two a clock on x86
// (pmaddubsw).
#if defined(__wasm_relaxed_simd__)
#include "verdict/backends/xnnpack/kernels/quantized_rows.h"
#include "verdict/backends/xnnpack/kernels/wasm_vectors.h"

namespace verdict::xnnpack {

namespace {

constexpr std::size_t kRows = PackedRowsKernels::kRows;
constexpr std::size_t kGroup = 4;
constexpr float kLargest = SevenBit::kLargestInput;

struct Range {
  float least;
  float most;
};

/// The range of a row and 0; NaN where the row has one.
Range range_of(std::size_t n, const float* x) {
  v128_t least = wasm_f32x4_splat(0);
  v128_t most = least;
  std::size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    const v128_t v = wasm_v128_load(x + i);
    least = wasm_f32x4_min(least, v);
    most = wasm_f32x4_max(most, v);
  }
  float low[4];
  float high[4];
  wasm_v128_store(low, least);
  wasm_v128_store(high, most);
  Range range{0, 0};
  // Comparisons that NaN does not lose.
  const auto take = [&](float smaller, float larger) {
    range.least = smaller >= range.least ? range.least : smaller;
    range.most = larger <= range.most ? range.most : larger;
  };
  for (std::size_t lane = 0; lane < 4; ++lane) take(low[lane], high[lane]);
  for (; i < n; ++i) take(x[i], x[i]);
  return range;
}

void quantize(std::size_t n, std::size_t rows, const float* x, std::size_t stride, std::byte* out,
              RowQuantization* quantization) {
  const float* from[kRows];
  v128_t factors[kRows];
  v128_t zero_points[kRows];
  float inverse[kRows];
  for (std::size_t r = 0; r < kRows; ++r) {
    from[r] = x + (r < rows ? r : 0) * stride;
    const Range range = r < rows ? range_of(n, from[r]) : Range{0, 0};
    const float width = range.most - range.least;
    const bool finite = width - width == 0;
    const float scale = finite ? width / kLargest : width - width;
    // A subnormal range is as good as zero.
    inverse[r] = finite && scale > 1e-37f ? 1 / scale : 0;
    const float zero_point = inverse[r] > 0 ? __builtin_nearbyintf(-range.least * inverse[r]) : 0;
    quantization[r] = {static_cast<std::int32_t>(zero_point), scale};
    factors[r] = wasm_f32x4_splat(inverse[r]);
    zero_points[r] = wasm_i32x4_splat(quantization[r].zero_point);
  }
  const auto rounded = [&](std::size_t r, v128_t v) {
    return wasm_i32x4_add(
        wasm_i32x4_trunc_sat_f32x4(wasm_f32x4_nearest(wasm_f32x4_mul(v, factors[r]))),
        zero_points[r]);
  };
  const auto store = [&](v128_t a, v128_t b, v128_t c, v128_t d) {
    const v128_t bytes =
        wasm_u8x16_narrow_i16x8(wasm_i16x8_narrow_i32x4(a, b), wasm_i16x8_narrow_i32x4(c, d));
    wasm_v128_store(out, wasm_u8x16_min(bytes, wasm_i8x16_splat(SevenBit::kLargestInput)));
    out += kRows * kGroup;
  };
  std::size_t i = 0;
  for (; i + kGroup <= n; i += kGroup) {
    store(rounded(0, wasm_v128_load(from[0] + i)), rounded(1, wasm_v128_load(from[1] + i)),
          rounded(2, wasm_v128_load(from[2] + i)), rounded(3, wasm_v128_load(from[3] + i)));
  }
  if (i == n) return;
  // Inputs behind the row meet weights of zero.
  float rest[kRows][kGroup] = {};
  for (std::size_t r = 0; r < kRows; ++r)
    std::memcpy(rest[r], from[r] + i, (n - i) * sizeof(float));
  store(rounded(0, wasm_v128_load(rest[0])), rounded(1, wasm_v128_load(rest[1])),
        rounded(2, wasm_v128_load(rest[2])), rounded(3, wasm_v128_load(rest[3])));
}

__attribute__((noinline)) void product(std::size_t n, std::size_t rows, std::size_t columns,
                                       const std::byte* a, const RowQuantization* quantization,
                                       const std::byte* panel, float* c, std::size_t stride) {
  v128_t sums[kRows][2];
  for (std::size_t r = 0; r < kRows; ++r) {
    const v128_t zero_point = wasm_i32x4_splat(quantization[r].zero_point);
    sums[r][0] = wasm_i32x4_mul(zero_point, wasm_v128_load(panel));
    sums[r][1] = wasm_i32x4_mul(zero_point, wasm_v128_load(panel + 16));
  }
  const auto add = [](v128_t& sum, v128_t pairs) {
    sum = wasm_i32x4_add(sum, wasm_i32x4_extadd_pairwise_i16x8(pairs));
  };
  const std::byte* w = panel + PackedRowsKernels::kColumns * sizeof(std::int32_t);
  std::size_t groups = (n + kGroup - 1) / kGroup;
#pragma clang loop unroll(disable)
  for (; groups >= 2; groups -= 2, a += 32, w += 64) {
    for (std::size_t half = 0; half < 2; ++half) {
      const v128_t w0 = wasm_v128_load(w + 16 * half);
      const v128_t w1 = wasm_v128_load(w + 32 + 16 * half);
      for (std::size_t r = 0; r < kRows; ++r) {
        add(sums[r][half],
            wasm_i16x8_add(
                wasm_i16x8_relaxed_dot_i8x16_i7x16(w0, wasm_v128_load32_splat(a + 4 * r)),
                wasm_i16x8_relaxed_dot_i8x16_i7x16(w1, wasm_v128_load32_splat(a + 16 + 4 * r))));
      }
    }
  }
  if (groups > 0) {
    for (std::size_t half = 0; half < 2; ++half) {
      const v128_t w0 = wasm_v128_load(w + 16 * half);
      for (std::size_t r = 0; r < kRows; ++r) {
        add(sums[r][half],
            wasm_i16x8_relaxed_dot_i8x16_i7x16(w0, wasm_v128_load32_splat(a + 4 * r)));
      }
    }
    w += 32;
  }
  store_scaled(sums, quantization, w, rows, columns, c, stride);
}

constexpr QuantizedRowsKernels kKernels{kGroup, 1, SevenBit::kLargestWeight, &quantize, &product};

}  // namespace

const QuantizedRowsKernels& seven_bit_kernels() { return kKernels; }

}  // namespace verdict::xnnpack
#endif

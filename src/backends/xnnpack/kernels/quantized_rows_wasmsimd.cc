// Products of int16 inputs and int8 weights over packed rows for WebAssembly's 128-bit vectors.
//
// Rows have 12 bits, symmetric: no zero points, and an error far below the weights'. Pairs of
// inputs and weights, widened when they are loaded, are multiplied and each pair's sum is added to
// an int32 (i32x4.dot_i16x8_s): eight products an instruction, exact. `largest_q8` bounds the
// inputs: n · 127 · bound < 2³¹. The limit is that instruction and its addition, 16 a step on three
// units of Intel's CPUs (four of AMD's); widening two vectors of weights is two more, so the
// first block of rows leaves a copy of the panel that is wide to the others.
#include "verdict/backends/xnnpack/kernels/quantized_rows.h"
#include "verdict/backends/xnnpack/kernels/wasm_vectors.h"

namespace verdict::xnnpack {

namespace {

constexpr std::size_t kRows = PackedRowsKernels::kLowRows;
constexpr std::size_t kColumns = PackedRowsKernels::kColumns;

/// The bound of quantised inputs that keeps the int32 sums of n products with ±127 from
/// overflowing: 12 bits up to n = 4129, less beyond.
constexpr std::int32_t largest_q8(std::size_t n) {
  constexpr std::int64_t kMost = 2147483647 / 127;
  const std::int64_t bound = n == 0 ? kMost : kMost / static_cast<std::int64_t>(n);
  return static_cast<std::int32_t>(bound < 4095 ? bound : 4095);
}

/// NaN where the row is not finite.
float largest_in(std::size_t n, const float* x) {
  const v128_t zero = wasm_f32x4_splat(0);
  v128_t largest = zero;
  // Zeros, or NaN: unlike max, pmax is one instruction, but does not keep NaN.
  v128_t nothing = zero;
  std::size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    const v128_t v = wasm_v128_load(x + i);
    largest = wasm_f32x4_pmax(largest, wasm_f32x4_abs(v));
    nothing = multiply_add(v, zero, nothing);
  }
  float lanes[4];
  wasm_v128_store(lanes, largest);
  float out = 0;
  float rest = sum_of(nothing);
  const auto take = [&](float v) { out = v > out ? v : out; };
  for (const float lane : lanes) take(lane);
  for (; i < n; ++i) {
    take(__builtin_fabsf(x[i]));
    rest += 0 * x[i];
  }
  return out + rest;
}

void quantize(std::size_t n, std::size_t rows, const float* x, std::size_t stride,
              std::byte* blocks, RowQuantization* quantization) {
  auto* out = reinterpret_cast<std::int16_t*>(blocks);
  const auto bound = static_cast<float>(largest_q8(n));
  float inverse[kRows] = {};
  for (std::size_t r = 0; r < kRows; ++r) {
    const float largest = r < rows ? largest_in(n, x + r * stride) : 0;
    const bool finite = largest - largest == 0;
    const float scale = finite ? largest / bound : largest - largest;
    quantization[r] = {0, scale};
    // A subnormal range is as good as zero.
    inverse[r] = finite && scale > 1e-37f ? 1 / scale : 0;
  }
  v128_t factors[kRows];
  const float* from[kRows];
  for (std::size_t r = 0; r < kRows; ++r) {
    factors[r] = wasm_f32x4_splat(inverse[r]);
    from[r] = x + (r < rows ? r : 0) * stride;
  }
  const auto rounded = [&](std::size_t r, std::size_t i) {
    return round_and_add(wasm_f32x4_mul(wasm_v128_load(from[r] + i), factors[r]),
                         wasm_i32x4_splat(-kMagicBits));
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

/// Weights from i on.
inline v128_t load_weights(const std::int8_t* w, std::size_t i) {
  return wasm_i16x8_load8x8(w + i);
}
[[maybe_unused]] inline v128_t load_weights(const std::int16_t* w, std::size_t i) {
  return wasm_v128_load(w + i);
}

/// One block; the widened weights go to `wide`, too, if kWidens. Scales and biases lie at `end`.
template <bool kWidens, typename Weight>
__attribute__((noinline)) void multiply(std::size_t n, std::size_t rows, std::size_t columns,
                                        const std::int16_t* a, const RowQuantization* quantization,
                                        const Weight* w, std::int16_t* wide, const std::byte* end,
                                        float* c, std::size_t stride) {
  v128_t sums[kRows][2];
  for (auto& row : sums) row[0] = row[1] = wasm_i32x4_splat(0);
#pragma clang loop unroll(disable)
  for (std::size_t pairs = (n + 1) / 2; pairs > 0; --pairs, a += 2 * kRows, w += 2 * kColumns) {
    const v128_t w0 = load_weights(w, 0);
    const v128_t w1 = load_weights(w, kColumns);
    if constexpr (kWidens) {
      wasm_v128_store(wide, w0);
      wasm_v128_store(wide + kColumns, w1);
      wide += 2 * kColumns;
    }
    for (std::size_t r = 0; r < kRows; ++r) {
      const v128_t x = wasm_v128_load32_splat(a + 2 * r);
      sums[r][0] = wasm_i32x4_add(sums[r][0], wasm_i32x4_dot_i16x8(x, w0));
      sums[r][1] = wasm_i32x4_add(sums[r][1], wasm_i32x4_dot_i16x8(x, w1));
    }
  }
  store_scaled(sums, quantization, end, rows, columns, c, stride);
}

void product(std::size_t n, std::size_t rows, std::size_t columns, const std::byte* blocks,
             const RowQuantization* quantization, const std::byte* panel,
             [[maybe_unused]] std::byte* wide_panel, float* c, std::size_t stride) {
  const std::size_t inputs = n + n % 2;
  const auto* w = reinterpret_cast<const std::int8_t*>(panel) + kColumns * sizeof(std::int32_t);
  const auto* end = reinterpret_cast<const std::byte*>(w + inputs * kColumns);
  for_row_blocks(rows, kRows, [&](std::size_t first, std::size_t count) {
    const auto* a = reinterpret_cast<const std::int16_t*>(blocks) + first * inputs;
    float* const out = c + first * stride;
#if !defined(__wasm_relaxed_simd__)  // where only short rows come here
    auto* wide = reinterpret_cast<std::int16_t*>(wide_panel);
    if (first > 0) {
      multiply<false>(n, count, columns, a, quantization + first, wide, wide, end, out, stride);
      return;
    }
    if (rows > kRows) {
      multiply<true>(n, count, columns, a, quantization, w, wide, end, out, stride);
      return;
    }
#endif
    multiply<false>(n, count, columns, a, quantization + first, w, {}, end, out, stride);
  });
}

#if defined(__wasm_relaxed_simd__)
constexpr bool kWidens = false;
#else
constexpr bool kWidens = true;
#endif
constexpr QuantizedRowsKernels kKernels{
    .most_rows = kRows,
    .group = 2,
    .input_bytes = sizeof(std::int16_t),
    .largest_weight = 127,
    .quantize = &quantize,
    .product = &product,
    .widens = kWidens,
};

}  // namespace

const QuantizedRowsKernels& twelve_bit_kernels() { return kKernels; }

}  // namespace verdict::xnnpack

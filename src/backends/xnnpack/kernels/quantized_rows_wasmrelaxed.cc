// Products of 7-bit inputs and 7-bit weights over packed rows for WebAssembly's relaxed SIMD.
//
// A row is 0 … 127 with a zero point, a weight ±63 (`SevenBit` says why). The zero point is
// corrected by minus the sum of a column's weights, with which its int32 sum begins. There are two
// instructions:
//
// - i32x4.relaxed_dot_i8x16_i7x16_add_s adds sixteen products to int32 sums of four. Where the CPU
//   has it (vpdpbusd of x86's AVX-VNNI, sdot of Arm) it is one instruction, two a clock, and a
//   block has six rows, whose 12 accumulators hide its latency. Elsewhere engines need five.
// - i16x8.relaxed_dot_i8x16_i7x16_s adds pairs in int16 (pmaddubsw of x86, two a clock); two such
//   results are added there before they are widened to int32: 32 products in five instructions,
//   where plain SIMD needs eight. A block has four rows: there are temporaries.
#if defined(__wasm_relaxed_simd__)
#include "verdict/backends/xnnpack/kernels/quantized_rows.h"
#include "verdict/backends/xnnpack/kernels/wasm_vectors.h"

namespace verdict::xnnpack {

namespace {

constexpr std::size_t kLow = PackedRowsKernels::kLowRows;
constexpr std::size_t kTall = PackedRowsKernels::kTallRows;
constexpr std::size_t kGroup = 4;
constexpr float kLargest = SevenBit::kLargestInput;

struct Range {
  float least;
  float most;
};

/// The range of a row and 0; NaN where the row is not finite.
Range range_of(std::size_t n, const float* x) {
  const v128_t zero = wasm_f32x4_splat(0);
  v128_t least = zero;
  v128_t most = zero;
  // Zeros, or NaN: unlike max and min, pmax and pmin are one instruction, but do not keep NaN.
  v128_t nothing = zero;
  std::size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    const v128_t v = wasm_v128_load(x + i);
    least = wasm_f32x4_pmin(least, v);
    most = wasm_f32x4_pmax(most, v);
    nothing = multiply_add(v, zero, nothing);
  }
  float low[4];
  float high[4];
  wasm_v128_store(low, least);
  wasm_v128_store(high, most);
  Range range{0, 0};
  float rest = sum_of(nothing);
  const auto take = [&](float smaller, float larger) {
    range.least = smaller < range.least ? smaller : range.least;
    range.most = larger > range.most ? larger : range.most;
  };
  for (std::size_t lane = 0; lane < 4; ++lane) take(low[lane], high[lane]);
  for (; i < n; ++i) {
    take(x[i], x[i]);
    rest += 0 * x[i];
  }
  return {range.least + rest, range.most + rest};
}

/// Quantises kRows rows (`rows` of them real) into out[⌈n / 4⌉], `step` bytes apart.
template <std::size_t kRows>
void quantize_rows(std::size_t n, std::size_t rows, const float* x, std::size_t stride,
                   std::byte* out, std::size_t step, RowQuantization* quantization) {
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
    zero_points[r] = wasm_i32x4_splat(quantization[r].zero_point - kMagicBits);
  }
  const auto rounded = [&](std::size_t r, const float* at) {
    return round_and_add(wasm_f32x4_mul(wasm_v128_load(at), factors[r]), zero_points[r]);
  };
  const auto two = [&](std::size_t r, const float* a, const float* b) {
    return wasm_i16x8_narrow_i32x4(rounded(r, a), rounded(r + 1, b));
  };
  const auto store = [&](const float* const(&at)[kRows]) {
    const v128_t low = two(0, at[0], at[1]);
    const v128_t high = kRows > 2 ? two(kRows - 2, at[kRows - 2], at[kRows - 1]) : low;
    const v128_t bytes = wasm_u8x16_min(wasm_u8x16_narrow_i16x8(low, high),
                                        wasm_i8x16_splat(SevenBit::kLargestInput));
    if (kRows > 2) {
      wasm_v128_store(out, bytes);
    } else {
      wasm_v128_store64_lane(out, bytes, 0);
    }
    out += step;
  };
  std::size_t i = 0;
  for (; i + kGroup <= n; i += kGroup) {
    store(from);
    for (auto& row : from) row += kGroup;
  }
  if (i == n) return;
  // Inputs behind the row meet weights of zero.
  float rest[kRows][kGroup] = {};
  for (std::size_t r = 0; r < kRows; ++r) {
    std::memcpy(rest[r], from[r], (n - i) * sizeof(float));
    from[r] = rest[r];
  }
  store(from);
}

void quantize(std::size_t n, std::size_t rows, const float* x, std::size_t stride, std::byte* out,
              RowQuantization* quantization) {
  const bool is_tall = rows > kLow;
  const std::size_t step = (is_tall ? kTall : kLow) * kGroup;
  quantize_rows<kLow>(n, rows, x, stride, out, step, quantization);
  if (!is_tall) return;
  quantize_rows<kTall - kLow>(n, rows - kLow, x + kLow * stride, stride, out + kLow * kGroup, step,
                              quantization + kLow);
}

template <std::size_t kRows>
void start_sums(const RowQuantization* quantization, const std::byte* panel,
                v128_t (&sums)[kRows][2]) {
  for (std::size_t r = 0; r < kRows; ++r) {
    const v128_t zero_point = wasm_i32x4_splat(quantization[r].zero_point);
    sums[r][0] = wasm_i32x4_mul(zero_point, wasm_v128_load(panel));
    sums[r][1] = wasm_i32x4_mul(zero_point, wasm_v128_load(panel + 16));
  }
}

constexpr std::int16_t kOne = 1;
constexpr std::size_t kPanelStart = PackedRowsKernels::kColumns * sizeof(std::int32_t);

__attribute__((noinline)) void multiply_pairs(std::size_t n, std::size_t rows, std::size_t columns,
                                              const std::byte* a,
                                              const RowQuantization* quantization,
                                              const std::byte* panel, float* c,
                                              std::size_t stride) {
  v128_t sums[kLow][2];
  start_sums(quantization, panel, sums);
  // For i32x4.extadd_pairwise_i16x8_s V8 reads them from memory every time, and it makes a constant
  // anew; these stay in a register.
  const std::int16_t* one = &kOne;
  asm("" : "+r"(one));
  const v128_t ones = wasm_v128_load16_splat(one);
  const auto add = [&](v128_t& sum, v128_t pairs) {
    sum = wasm_i32x4_add(sum, wasm_i32x4_dot_i16x8(pairs, ones));
  };
  const std::byte* w = panel + kPanelStart;
  std::size_t groups = (n + kGroup - 1) / kGroup;
#pragma clang loop unroll(disable)
  for (; groups >= 2; groups -= 2, a += 32, w += 64) {
    for (std::size_t half = 0; half < 2; ++half) {
      const v128_t w0 = wasm_v128_load(w + 16 * half);
      const v128_t w1 = wasm_v128_load(w + 32 + 16 * half);
      for (std::size_t r = 0; r < kLow; ++r) {
        add(sums[r][half],
            wasm_i16x8_add(
                wasm_i16x8_relaxed_dot_i8x16_i7x16(w0, wasm_v128_load32_splat(a + 4 * r)),
                wasm_i16x8_relaxed_dot_i8x16_i7x16(w1, wasm_v128_load32_splat(a + 16 + 4 * r))));
      }
      // Inputs are read again: for all of a turn's, registers are missing.
      asm volatile("" ::: "memory");
    }
  }
  if (groups > 0) {
    for (std::size_t half = 0; half < 2; ++half) {
      const v128_t w0 = wasm_v128_load(w + 16 * half);
      for (std::size_t r = 0; r < kLow; ++r) {
        add(sums[r][half],
            wasm_i16x8_relaxed_dot_i8x16_i7x16(w0, wasm_v128_load32_splat(a + 4 * r)));
      }
    }
    w += 32;
  }
  store_scaled(sums, quantization, w, rows, columns, c, stride);
}

template <std::size_t kRows>
__attribute__((noinline)) void multiply_fours(std::size_t n, std::size_t rows, std::size_t columns,
                                              const std::byte* a,
                                              const RowQuantization* quantization,
                                              const std::byte* panel, float* c,
                                              std::size_t stride) {
  v128_t sums[kRows][2];
  start_sums(quantization, panel, sums);
  const std::byte* w = panel + kPanelStart;
#pragma clang loop unroll(disable)
  for (std::size_t groups = (n + kGroup - 1) / kGroup; groups > 0; --groups, w += 32) {
    const v128_t w0 = wasm_v128_load(w);
    const v128_t w1 = wasm_v128_load(w + 16);
    for (std::size_t r = 0; r < kRows; ++r, a += kGroup) {
      const v128_t x = wasm_v128_load32_splat(a);
      sums[r][0] = wasm_i32x4_relaxed_dot_i8x16_i7x16_add(w0, x, sums[r][0]);
      sums[r][1] = wasm_i32x4_relaxed_dot_i8x16_i7x16_add(w1, x, sums[r][1]);
    }
  }
  store_scaled(sums, quantization, w, rows, columns, c, stride);
}

template <std::size_t kMost, auto kTallBlock, auto kLowBlock>
void product(std::size_t n, std::size_t rows, std::size_t columns, const std::byte* a,
             const RowQuantization* quantization, const std::byte* panel, std::byte* /*scratch*/,
             float* c, std::size_t stride) {
  const std::size_t row_bytes = (n + kGroup - 1) / kGroup * kGroup;
  for_row_blocks(rows, kMost, [&](std::size_t first, std::size_t count) {
    const std::byte* const block = a + first * row_bytes;
    float* const out = c + first * stride;
    if (count > kLow) {
      kTallBlock(n, count, columns, block, quantization + first, panel, out, stride);
    } else {
      kLowBlock(n, count, columns, block, quantization + first, panel, out, stride);
    }
  });
}

template <std::size_t kMost, auto kTallBlock, auto kLowBlock>
constexpr QuantizedRowsKernels kKernels{
    .most_rows = kMost,
    .group = kGroup,
    .input_bytes = 1,
    .largest_weight = SevenBit::kLargestWeight,
    .quantize = &quantize,
    .product = &product<kMost, kTallBlock, kLowBlock>,
};
constexpr const QuantizedRowsKernels& kPairs = kKernels<kLow, multiply_pairs, multiply_pairs>;
constexpr const QuantizedRowsKernels& kFours =
    kKernels<kTall, multiply_fours<kTall>, multiply_fours<kLow>>;

}  // namespace

Dot fastest_dot() {
  // An operand of eight bits shows how the engine computes: only x86's pmaddubsw, which adds pairs,
  // saturates. Volatile, so that no optimiser settles it.
  const volatile int largest = 0xff;
  const v128_t sums = wasm_i32x4_relaxed_dot_i8x16_i7x16_add(
      wasm_i8x16_splat(INT8_MAX), wasm_i8x16_splat(static_cast<std::int8_t>(largest)),
      wasm_i32x4_splat(0));
  return wasm_i32x4_extract_lane(sums, 0) == 2 * INT16_MAX ? Dot::kPairs : Dot::kFours;
}

const QuantizedRowsKernels& seven_bit_kernels(Dot dot) {
  return dot == Dot::kPairs ? kPairs : kFours;
}

}  // namespace verdict::xnnpack
#endif

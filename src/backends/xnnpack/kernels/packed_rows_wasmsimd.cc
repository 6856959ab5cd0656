// Products over packed rows for WebAssembly's 128-bit vectors.
//
// A block is 4 rows × 8 columns: 8 accumulators, 2 vectors of weights and one of inputs at a time
// stay in registers. Fused multiplication (relaxed SIMD) needs no temporaries, so there a block has
// 6 rows, whose 12 accumulators also hide its latency; plain SIMD would spill. The loops are not
// unrolled: V8 spills what LLVM then keeps alive. One function a kernel, never inlined, for the
// same reason.
//
// q8 is in quantized_rows_*.cc. The bound: one vector multiplication and addition a weight's vector
// and row, so ALU ports.
#include "verdict/backends/xnnpack/kernels/wasm_vectors.h"

namespace verdict::xnnpack {

namespace {

constexpr std::size_t kLow = PackedRowsKernels::kLowRows;
constexpr std::size_t kTall = PackedRowsKernels::kTallRows;
constexpr std::size_t kColumns = PackedRowsKernels::kColumns;
#if defined(__wasm_relaxed_simd__)
constexpr std::size_t kMost = kTall;
#else
constexpr std::size_t kMost = kLow;
#endif

/// Four rows as columns of out[n][step].
void pack_four(std::size_t n, const float* const (&x)[kLow], float* out, std::size_t step) {
  std::size_t i = 0;
  for (; i + 4 <= n; i += 4, out += 4 * step) {
    const v128_t a = wasm_v128_load(x[0] + i);
    const v128_t b = wasm_v128_load(x[1] + i);
    const v128_t c = wasm_v128_load(x[2] + i);
    const v128_t d = wasm_v128_load(x[3] + i);
    const v128_t ab_low = wasm_i32x4_shuffle(a, b, 0, 4, 1, 5);
    const v128_t ab_high = wasm_i32x4_shuffle(a, b, 2, 6, 3, 7);
    const v128_t cd_low = wasm_i32x4_shuffle(c, d, 0, 4, 1, 5);
    const v128_t cd_high = wasm_i32x4_shuffle(c, d, 2, 6, 3, 7);
    wasm_v128_store(out, wasm_i64x2_shuffle(ab_low, cd_low, 0, 2));
    wasm_v128_store(out + step, wasm_i64x2_shuffle(ab_low, cd_low, 1, 3));
    wasm_v128_store(out + 2 * step, wasm_i64x2_shuffle(ab_high, cd_high, 0, 2));
    wasm_v128_store(out + 3 * step, wasm_i64x2_shuffle(ab_high, cd_high, 1, 3));
  }
  for (; i < n; ++i, out += step) {
    for (std::size_t r = 0; r < kLow; ++r) out[r] = x[r][i];
  }
}

void pack_f32(std::size_t n, std::size_t rows, const float* x, std::size_t stride, float* out) {
  // Rows that are not there repeat the first.
  const auto row = [&](std::size_t r) { return x + (r < rows ? r : 0) * stride; };
  const bool is_tall = rows > kLow;
  const std::size_t step = is_tall ? kTall : kLow;
  pack_four(n, {row(0), row(1), row(2), row(3)}, out, step);
  if (!is_tall) return;
  for (std::size_t r = kLow; r < kTall; ++r) {
    const float* const from = row(r);
    for (std::size_t i = 0; i < n; ++i) out[i * step + r] = from[i];
  }
}

template <std::size_t kRows>
__attribute__((noinline)) void multiply(std::size_t n, std::size_t rows, std::size_t columns,
                                        const float* a, const float* panel, float* c,
                                        std::size_t stride) {
  v128_t sums[kRows][2];
  for (auto& row : sums) {
    row[0] = wasm_v128_load(panel);
    row[1] = wasm_v128_load(panel + 4);
  }
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

void product_f32(std::size_t n, std::size_t rows, std::size_t columns, const float* a,
                 const float* panel, float* c, std::size_t stride) {
  for_row_blocks(rows, kMost, [&](std::size_t first, std::size_t count) {
    if (count > kLow) {
      multiply<kMost>(n, count, columns, a + first * n, panel, c + first * stride, stride);
    } else {
      multiply<kLow>(n, count, columns, a + first * n, panel, c + first * stride, stride);
    }
  });
}

constexpr PackedRowsKernels kKernels{kMost, &pack_f32, &product_f32};

}  // namespace

const PackedRowsKernels* packed_rows_kernels() { return &kKernels; }

}  // namespace verdict::xnnpack

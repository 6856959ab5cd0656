// Products over packed rows for WebAssembly's 128-bit vectors.
//
// A block is 4 rows × 8 columns: 8 accumulators, 2 vectors of weights and one of inputs at a time
// stay in registers. The loops are not unrolled: V8 spills what LLVM then keeps alive. One function
// a kernel, never inlined, for the same reason.
//
// f32 multiplies and adds (fused where the build has relaxed SIMD); q8 is in quantized_rows_*.cc.
// The bound: two vector multiplications and additions a weight's vector and row, so ALU ports.
#include "verdict/backends/xnnpack/kernels/wasm_vectors.h"

namespace verdict::xnnpack {

namespace {

constexpr std::size_t kRows = PackedRowsKernels::kRows;
constexpr std::size_t kColumns = PackedRowsKernels::kColumns;

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

constexpr PackedRowsKernels kKernels{&pack_f32, &product_f32};

}  // namespace

const PackedRowsKernels* packed_rows_kernels() { return &kKernels; }

}  // namespace verdict::xnnpack

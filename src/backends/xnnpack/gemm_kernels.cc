#include "verdict/backends/xnnpack/gemm_kernels.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <span>

#include "verdict/backends/xnnpack/kernels/packed_rows.h"
#include "verdict/backends/xnnpack/kernels/product_amx.h"
#include "verdict/backends/xnnpack/kernels/product_avx512.h"
#include "verdict/backends/xnnpack/kernels/product_avx512vnni.h"
#include "verdict/backends/xnnpack/kernels/quantized_rows.h"
#include "xnnpack/gemm.h"

namespace verdict::xnnpack {

// cmake/Xnnpack.cmake compiles exactly the microkernels that these tables name.

#if defined(__wasm__)
namespace {

/// The kernel that does not clamp: WebAssembly's clamping ones turn NaN into a number.
void one_row(std::size_t mr, std::size_t nc, std::size_t kc_bytes, const float* a,
             std::size_t a_stride, const float* w, float* c, std::size_t cm_stride,
             std::size_t cn_stride, const xnn_f32_minmax_params*) {
#if defined(__wasm_relaxed_simd__)
  xnn_f32_gemm_ukernel_1x8__wasmrelaxedsimd_fma_loadsplat(mr, nc, kc_bytes, a, a_stride, w, c,
                                                          cm_stride, cn_stride, nullptr);
#else
  xnn_f32_gemm_ukernel_1x8__wasmsimd_loadsplat(mr, nc, kc_bytes, a, a_stride, w, c, cm_stride,
                                               cn_stride, nullptr);
#endif
}

}  // namespace
#elif !defined(__aarch64__)
namespace {

/// XNNPACK's kernels for SSE and without vectors clamp NaN to an infinity; here such outputs are
/// computed again by plain loops. A panel is nr biases and [inputs][nr] weights.
template <F32GemmKernel kernel, std::size_t nr>
void keeping_nan(std::size_t mr, std::size_t nc, std::size_t kc_bytes, const float* a,
                 std::size_t a_stride, const float* w, float* c, std::size_t cm_stride,
                 std::size_t cn_stride, const xnn_f32_minmax_params* params) {
  kernel(mr, nc, kc_bytes, a, a_stride, w, c, cm_stride, cn_stride, params);
  const std::size_t inputs = kc_bytes / sizeof(float);
  for (std::size_t row = 0; row < mr; ++row) {
    const std::span x(a + row * a_stride / sizeof(float), inputs);
    for (std::size_t column = 0; column < nc; ++column) {
      float& y = c[row * cm_stride / sizeof(float) + column];
      if (!std::isinf(y)) continue;
      const float* weight = w + column / nr * nr * (1 + inputs) + column % nr;
      y = *weight;
      for (const float value : x) y += value * *(weight += nr);
    }
  }
}

}  // namespace
#endif

GemmKernels<F32GemmKernel> f32_gemm_kernels([[maybe_unused]] const KernelChoice& choice) {
#if defined(__wasm__)
  // One row alone; PackedRowsKernels run the others.
  return {&one_row, nullptr, 1, {8, 1, 1}};
#elif defined(__x86_64__)
  switch (choice.isa) {
    case Isa::kAvx512Amx:
    case Isa::kAvx512Vnni:
    case Isa::kAvx512:
      return {&xnn_f32_gemm_minmax_ukernel_1x32__avx512f_broadcast,
              &xnn_f32_gemm_minmax_ukernel_7x32__avx512f_broadcast,
              7,
              {32, 1, 1}};
    case Isa::kAvx2:
      return {&xnn_f32_gemm_minmax_ukernel_1x16__fma3_broadcast,
              &xnn_f32_gemm_minmax_ukernel_5x16__fma3_broadcast,
              5,
              {16, 1, 1}};
    case Isa::kBaseline:
      break;
  }
  return {&keeping_nan<&xnn_f32_gemm_minmax_ukernel_1x8__sse_load1, 8>,
          &keeping_nan<&xnn_f32_gemm_minmax_ukernel_4x8__sse_load1, 8>,
          4,
          {8, 1, 1}};
#elif defined(__aarch64__)
  return {&xnn_f32_gemm_minmax_ukernel_1x8__aarch64_neonfma_lane_ld64,
          &xnn_f32_gemm_minmax_ukernel_6x8__aarch64_neonfma_lane_ld64,
          6,
          {8, 1, 1}};
#else
  return {&keeping_nan<&xnn_f32_gemm_minmax_ukernel_1x4__scalar, 4>,
          &keeping_nan<&xnn_f32_gemm_minmax_ukernel_4x4__scalar, 4>,
          4,
          {4, 1, 1}};
#endif
}

GemmKernels<F32GemmKernel> own_f32_gemm_kernels([[maybe_unused]] const KernelChoice& choice) {
#if defined(__x86_64__)
  if (choice.isa >= Isa::kAvx512 && choice.products != Products::kXnnpack)
    return {&product_8x32_avx512, &product_8x32_avx512, kAvx512Rows, {32, 1, 1}, 0, false,
            kAvx512Blocks};
#endif
  return {};
}

#if defined(__x86_64__)
namespace {

/// GFLOP/s (GOP/s in q8) of both for products of so many rows and more, up to the next entry.
struct Measured {
  std::size_t rows;
  double xnnpack_f32;
  double own_f32;
  double xnnpack_q8;
  double own_q8;
};
constexpr Measured kMeasured[] = {
#include "verdict/backends/xnnpack/kernels/product_choice.inc"
};
/// Where they tie, XNNPACK's run.
constexpr double kTie = 1.02;

constexpr bool own_q8_products_win() {
  double ratio = 1;
  double tie = 1;
  for (const Measured& measured : kMeasured) {
    ratio *= measured.own_q8 / measured.xnnpack_q8;
    tie *= kTie;
  }
  return ratio > tie;
}

}  // namespace

bool own_products_win(const KernelChoice& choice, std::size_t rows) {
  if (choice.products != Products::kFaster) return choice.products == Products::kOwn;
  const auto after = std::ranges::upper_bound(kMeasured, rows, {}, &Measured::rows);
  return after != std::begin(kMeasured) &&
         std::prev(after)->own_f32 > kTie * std::prev(after)->xnnpack_f32;
}
#else
bool own_products_win(const KernelChoice&, std::size_t) { return false; }
#endif

GemmKernels<Q8GemmKernel> q8_gemm_kernels([[maybe_unused]] const KernelChoice& choice,
                                          [[maybe_unused]] std::size_t in) {
#if defined(__wasm__)
  const QuantizedRowsKernels& kernels = *quantized_rows_kernels(in);
  return {
      nullptr, nullptr, 1, {PackedRowsKernels::kColumns, kernels.group, 1, kernels.largest_weight}};
#elif defined(__x86_64__)
  switch (choice.isa) {
    case Isa::kAvx512Amx:
      // 2 to 4 times as fast as what is below; for few rows it calls VNNI's kernel itself.
      if (choice.products != Products::kXnnpack) {
        return {&product_amx, &product_amx,           kAmxRows, {32, 4, 1}, 128,
                false,        kMostAmxRows / kAmxRows};
      }
      [[fallthrough]];
    case Isa::kAvx512Vnni:
      if (choice.products == Products::kOwn ||
          (choice.products == Products::kFaster && own_q8_products_win())) {
        return {&product_8x32c4_avx512vnni,
                &product_8x32c4_avx512vnni,
                kAvx512Rows,
                {32, 4, 1},
                128,
                false,
                kAvx512Blocks};
      }
      return {&xnn_qd8_f32_qc8w_gemm_minmax_ukernel_1x16c8__avx512vnni_prfm,
              &xnn_qd8_f32_qc8w_gemm_minmax_ukernel_10x16c8__avx512vnni_prfm,
              10,
              {16, 8, 1}};
    case Isa::kAvx512:
      return {&xnn_qd8_f32_qc8w_gemm_minmax_ukernel_1x16c8__avx512skx_prfm,
              &xnn_qd8_f32_qc8w_gemm_minmax_ukernel_8x16c8__avx512skx_prfm,
              8,
              {16, 8, 1}};
    case Isa::kAvx2:
      return {&xnn_qd8_f32_qc8w_gemm_minmax_ukernel_1x8c8__avx2,
              &xnn_qd8_f32_qc8w_gemm_minmax_ukernel_4x8c8__avx2,
              4,
              {8, 8, 1}};
    case Isa::kBaseline:
      break;
  }
  return {&xnn_qd8_f32_qc8w_gemm_minmax_ukernel_1x4c8__sse2_ld64,
          &xnn_qd8_f32_qc8w_gemm_minmax_ukernel_4x4c8__sse2_ld64,
          4,
          {4, 8, 1}};
#elif defined(__aarch64__)
  return {&xnn_qd8_f32_qc8w_gemm_minmax_ukernel_1x16__neon_mlal_lane,
          &xnn_qd8_f32_qc8w_gemm_minmax_ukernel_4x16__neon_mlal_lane,
          4,
          {16, 1, 1}};
#else
  return {&xnn_qd8_f32_qc8w_gemm_minmax_ukernel_1x4__scalar,
          &xnn_qd8_f32_qc8w_gemm_minmax_ukernel_4x4__scalar,
          4,
          {4, 1, 1}};
#endif
}

const xnn_f32_minmax_params& unbounded() {
  static const xnn_f32_minmax_params params{
      {-std::numeric_limits<float>::infinity(), std::numeric_limits<float>::infinity()}};
  return params;
}

}  // namespace verdict::xnnpack

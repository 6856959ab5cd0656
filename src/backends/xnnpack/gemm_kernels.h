#pragma once

#include <cstddef>
#include <cstdint>

#include "verdict/backends/xnnpack/cpu.h"

struct xnn_qd8_quantization_params;
union xnn_f32_minmax_params;

namespace verdict::xnnpack {

/// Layout of packed weights: panels of `nr` output columns; in a panel, groups of `kr` inputs
/// interleaved over the columns and rotated within `sr` groups (XNNPACK's "goi" packing).
struct PanelLayout {
  std::size_t nr;
  std::size_t kr;
  std::size_t sr;
  std::int32_t largest_weight = 127;  ///< of int8 weights
};

/// A family of microkernels (XNNPACK's, or ours with their signature) for C[m, n] = A[m, k] · Bᵀ +
/// bias: one for a single row, one for up to `mr` rows.
template <typename Kernel>
struct GemmKernels {
  Kernel one_row;
  Kernel many_rows;
  std::size_t mr;
  PanelLayout layout;
  std::uint8_t input_flip = 0;  ///< `KernelTable::quantize_row`'s
  bool pads_rows = true;        ///< computes `mr` rows even where fewer are left
  std::size_t blocks = 1;       ///< of `mr` rows that one call computes

  Kernel choose(std::size_t rows) const { return rows == 1 ? one_row : many_rows; }
};

using F32GemmKernel = void (*)(std::size_t mr, std::size_t nc, std::size_t kc_bytes, const float* a,
                               std::size_t a_stride, const float* w, float* c,
                               std::size_t cm_stride, std::size_t cn_stride,
                               const xnn_f32_minmax_params* params);

/// Activations are int8 with a zero point and a scale by row (`quantization`), weights int8 with a
/// scale by column.
using Q8GemmKernel = void (*)(std::size_t mr, std::size_t nc, std::size_t kc_bytes,
                              const std::int8_t* a, std::size_t a_stride, const void* w, float* c,
                              std::size_t cm_stride, std::size_t cn_stride,
                              const xnn_f32_minmax_params* params,
                              const xnn_qd8_quantization_params* quantization);

GemmKernels<F32GemmKernel> f32_gemm_kernels(const KernelChoice& choice);
/// Kernels of our own over the same panels; without a kernel where there are none or XNNPACK's are
/// to run.
GemmKernels<F32GemmKernel> own_f32_gemm_kernels(const KernelChoice& choice);
/// Whether these run a product of so many rows: by kernels/product_choice.inc, unless `choice` says
/// always.
bool own_products_win(const KernelChoice& choice, std::size_t rows);

/// XNNPACK's or ours, by the same table over all numbers of rows: their panels differ. Where
/// `QuantizedRowsKernels` run the products, only the layout of weights of so many inputs.
GemmKernels<Q8GemmKernel> q8_gemm_kernels(const KernelChoice& choice, std::size_t in);

/// No clamping: the kernels' parameters for an unbounded output.
const xnn_f32_minmax_params& unbounded();

}  // namespace verdict::xnnpack

#pragma once

#include <cstddef>
#include <cstdint>

#include "verdict/backends/xnnpack/gemm_kernels.h"

namespace verdict::xnnpack {

/// A `Q8GemmKernel` for unsigned inputs over one panel of at most 32 columns, in which groups of 4
/// inputs lie side by side; blocks as in product_avx512.h.
void product_8x32c4_avx512vnni(std::size_t rows, std::size_t columns, std::size_t n,
                               const std::int8_t* a, std::size_t a_stride, const void* w, float* c,
                               std::size_t c_stride_bytes, std::size_t,
                               const xnn_f32_minmax_params*,
                               const xnn_qd8_quantization_params* quantization);

}  // namespace verdict::xnnpack

#pragma once

#include <cstddef>
#include <cstdint>

union xnn_f32_minmax_params;

namespace verdict::xnnpack {

/// Rows of a block of our products for AVX-512, and the most blocks that one call computes.
constexpr std::size_t kAvx512Rows = 8;
constexpr std::size_t kAvx512Blocks = 16;

/// An `F32GemmKernel` of at most one panel of 32 columns, without clamping.
void product_8x32_avx512(std::size_t rows, std::size_t columns, std::size_t n_bytes, const float* a,
                         std::size_t a_stride, const float* w, float* c, std::size_t c_stride,
                         std::size_t, const xnn_f32_minmax_params*);

}  // namespace verdict::xnnpack

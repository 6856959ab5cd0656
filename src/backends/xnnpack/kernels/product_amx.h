#pragma once

#include <cstddef>
#include <cstdint>

#include "verdict/backends/xnnpack/gemm_kernels.h"

namespace verdict::xnnpack {

/// Rows of a block of the kernels for AMX, and the most of a call.
inline constexpr std::size_t kAmxRows = 32;
inline constexpr std::size_t kMostAmxRows = 256;
static_assert(kMostAmxRows % kAmxRows == 0);

/// `product_8x32c4_avx512vnni` for more rows, to the last bit the same. Rows of inputs are padded
/// with zeros to a multiple of 64.
void product_amx(std::size_t rows, std::size_t columns, std::size_t n, const std::int8_t* a,
                 std::size_t a_stride, const void* w, float* c, std::size_t c_stride_bytes,
                 std::size_t, const xnn_f32_minmax_params*,
                 const xnn_qd8_quantization_params* quantization);

}  // namespace verdict::xnnpack

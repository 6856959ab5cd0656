// Products of bfloat16 for AMX.
//
// One instruction (tdpbf16ps) multiplies 16 rows of 32 inputs with 32 weights of 16 columns, and
// adds them to float32: 8192 multiplications in 16 clocks, 16 times what float32's does. Inputs are
// rounded, and denormals flushed, as by vdpbf16ps (bf16_avx512bf16.cc). The sums begin with the
// bias, which one load gives to all rows of a tile, and are stored where the product goes unless
// the panel has columns too many. The limit is that instruction; amx_block.h says what else there
// is to do.
#include <immintrin.h>

#include "verdict/backends/xnnpack/kernels/amx_block.h"
#include "verdict/backends/xnnpack/kernels/bf16.h"
#include "verdict/backends/xnnpack/kernels/product_amx.h"

namespace verdict::xnnpack {

namespace {

struct MultiplyBF16 {
  static void upper_left() { _tile_dpbf16ps(0, 4, 6); }
  static void upper_right() { _tile_dpbf16ps(1, 4, 7); }
  static void lower_left() { _tile_dpbf16ps(2, 5, 6); }
  static void lower_right() { _tile_dpbf16ps(3, 5, 7); }
};

void product(std::size_t n, std::size_t rows, std::size_t columns, const std::byte* a,
             std::size_t a_stride, const std::byte* panel, float* c, std::size_t c_stride) {
  const AmxOperands operands{a, a_stride, panel + 128, (n + 1) / 2};
  if (columns == BF16Kernels::kColumns) {
    multiply_tiles<MultiplyBF16>(
        rows, operands, panel, c_stride * sizeof(float),
        [&](std::size_t row, bool) { return reinterpret_cast<std::byte*>(c + row * c_stride); },
        [](std::size_t, std::size_t) {});
    return;
  }
  alignas(64) float sums[kMostAmxRows][BF16Kernels::kColumns];
  multiply_tiles<MultiplyBF16>(
      rows, operands, panel, sizeof(sums[0]),
      [&](std::size_t row, bool) { return reinterpret_cast<std::byte*>(sums[row]); },
      [&](std::size_t first, std::size_t count) {
        for (std::size_t row = first; row < first + count; ++row)
          std::memcpy(c + row * c_stride, sums[row], columns * sizeof(float));
      });
}

}  // namespace

const BF16Kernels& amx_bf16_kernels() {
  static const BF16Kernels kernels{avx512bf16_kernels().convert, &product, kAmxRows,
                                   kMostAmxRows / kAmxRows};
  return kernels;
}

}  // namespace verdict::xnnpack

// Products of int8 over panels of 32 columns, for AVX-512 VNNI.
//
// A block is up to 8 rows × 32 columns: 16 accumulators and 2 vectors of weights. One instruction
// (vpdpbusd) multiplies four unsigned inputs with four signed weights in each of 16 columns and
// adds them to an int32: 64 multiplications. It wants the inputs unsigned, so they are stored so;
// then the four of a row are broadcast by the load itself, and nothing but multiplications runs on
// the units that multiply. (XNNPACK's kernel turns each broadcast of signed inputs on the same
// units.) The sums begin with the zero point times minus the sum of a column's weights, which
// `PackedQ8` stores. Nothing saturates: 255 · 127 · inputs fit in int32 (`kMostQ8Inputs`). The
// limit is two such instructions a clock, or one where the CPU has one unit.
#include "verdict/backends/xnnpack/kernels/product_avx512vnni.h"

#include <immintrin.h>

#include <bit>
#include <cstring>

#include "verdict/backends/xnnpack/kernels/avx512_block.h"
#include "xnnpack/microparams.h"

namespace verdict::xnnpack {

namespace {

constexpr std::size_t kGroup = 4;
using Ints = std::int32_t __attribute__((vector_size(64)));
using Floats = float __attribute__((vector_size(64)));

/// sum + x · w by fours. (Around the intrinsic, g++ 12 copies every accumulator twice.)
inline __m512i add_products(__m512i sum, __m512i x, __m512i w) {
  asm("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(x), "v"(w));
  return sum;
}

template <std::size_t kRows>
void product(std::size_t columns, std::size_t n, const std::int8_t* a, std::size_t a_stride,
             const std::byte* panel, float* c, std::size_t c_stride,
             const xnn_qd8_quantization_params* quantization, Fetch fetch) {
  __m512i sums[kRows][2];
  for (std::size_t r = 0; r < kRows; ++r) {
    const __m512i zero_point = _mm512_set1_epi32(quantization[r].zero_point);
    sums[r][0] = _mm512_mullo_epi32(zero_point, _mm512_loadu_si512(panel));
    sums[r][1] = _mm512_mullo_epi32(zero_point, _mm512_loadu_si512(panel + 64));
  }
  panel += 128;
  fetch_block<kRows>(c, c_stride);
  for (std::size_t i = 0; i < n; i += kGroup, panel += 128) {
    const __m512i w0 = _mm512_loadu_si512(panel);
    const __m512i w1 = _mm512_loadu_si512(panel + 64);
    fetch.next();
    for (std::size_t r = 0; r < kRows; ++r) {
      std::int32_t group = 0;
      std::memcpy(&group, a + r * a_stride + i, sizeof(group));
      const __m512i x = _mm512_set1_epi32(group);
      sums[r][0] = add_products(sums[r][0], x, w0);
      sums[r][1] = add_products(sums[r][1], x, w1);
    }
  }
  const auto mask = static_cast<std::uint32_t>((std::uint64_t{1} << columns) - 1);
  for (std::size_t half = 0; half < 2; ++half) {
    const __m512 scales = _mm512_loadu_ps(panel + 64 * half);
    const __m512 bias = _mm512_loadu_ps(panel + 128 + 64 * half);
    for (std::size_t r = 0; r < kRows; ++r) {
      const auto sum = std::bit_cast<__m512>(
          __builtin_convertvector(std::bit_cast<Ints>(sums[r][half]), Floats));
      const __m512 scaled = _mm512_mul_ps(sum, _mm512_set1_ps(quantization[r].inv_scale));
      _mm512_mask_storeu_ps(c + r * c_stride + 16 * half,
                            static_cast<__mmask16>(mask >> (16 * half)),
                            _mm512_fmadd_ps(scaled, scales, bias));
    }
  }
}

constexpr void (*kByRows[])(std::size_t, std::size_t, const std::int8_t*, std::size_t,
                            const std::byte*, float*, std::size_t,
                            const xnn_qd8_quantization_params*,
                            Fetch) = {&product<1>, &product<2>, &product<3>, &product<4>,
                                      &product<5>, &product<6>, &product<7>, &product<8>};

}  // namespace

void product_8x32c4_avx512vnni(std::size_t rows, std::size_t columns, std::size_t n,
                               const std::int8_t* a, std::size_t a_stride, const void* w, float* c,
                               std::size_t c_stride_bytes, std::size_t,
                               const xnn_f32_minmax_params*,
                               const xnn_qd8_quantization_params* quantization) {
  const auto* panel = static_cast<const std::byte*>(w);
  const std::size_t c_stride = c_stride_bytes / sizeof(float);
  // The corrections before the weights, scales and biases behind them.
  const std::size_t panel_bytes = ((n + kGroup - 1) / kGroup + 3) * kStepBytes;
  for_blocks(rows, panel, panel_bytes,
             [&](std::size_t first, std::size_t count, const Fetch& fetch) {
               kByRows[count - 1](columns, n, a + first * a_stride, a_stride, panel,
                                  c + first * c_stride, c_stride, quantization + first, fetch);
             });
}

}  // namespace verdict::xnnpack

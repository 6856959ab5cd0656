// Products of float32 over XNNPACK's panels of 32 columns, for AVX-512.
//
// A block is up to 8 rows × 32 columns: 16 accumulators, 2 vectors of weights, and inputs that the
// multiplying instruction broadcasts from memory itself. XNNPACK's kernel has 7 rows; with 8, and
// with rows divided evenly, 16 tokens are two full blocks instead of 7 + 7 + 2. The blocks together
// fetch the next panel, for which short texts would wait.
// The limit is one 512-bit multiplication and addition a clock, or two where the CPU has both
// units.
#include "verdict/backends/xnnpack/kernels/product_avx512.h"

#include <immintrin.h>

#include "verdict/backends/xnnpack/kernels/avx512_block.h"

namespace verdict::xnnpack {

namespace {

template <std::size_t kRows>
void product(std::size_t columns, std::size_t n, const float* a, std::size_t a_stride,
             const float* w, float* c, std::size_t c_stride, Fetch fetch) {
  __m512 sums[kRows][2];
  for (auto& row : sums) {
    row[0] = _mm512_loadu_ps(w);
    row[1] = _mm512_loadu_ps(w + 16);
  }
  fetch_block<kRows>(c, c_stride);
  for (std::size_t i = 0; i < n; ++i) {
    w += 32;
    const __m512 w0 = _mm512_loadu_ps(w);
    const __m512 w1 = _mm512_loadu_ps(w + 16);
    fetch.next();
    for (std::size_t r = 0; r < kRows; ++r) {
      const __m512 x = _mm512_set1_ps(a[r * a_stride + i]);
      sums[r][0] = _mm512_fmadd_ps(x, w0, sums[r][0]);
      sums[r][1] = _mm512_fmadd_ps(x, w1, sums[r][1]);
    }
  }
  store_block(sums, columns, c, c_stride);
}

constexpr void (*kByRows[])(std::size_t, std::size_t, const float*, std::size_t, const float*,
                            float*, std::size_t, Fetch) = {&product<1>, &product<2>, &product<3>,
                                                           &product<4>, &product<5>, &product<6>,
                                                           &product<7>, &product<8>};

}  // namespace

void product_8x32_avx512(std::size_t rows, std::size_t columns, std::size_t n_bytes, const float* a,
                         std::size_t a_stride, const float* w, float* c, std::size_t c_stride,
                         std::size_t, const xnn_f32_minmax_params*) {
  const std::size_t n = n_bytes / sizeof(float);
  a_stride /= sizeof(float);
  c_stride /= sizeof(float);
  for_blocks(rows, w, (n + 1) * kStepBytes,
             [&](std::size_t first, std::size_t count, const Fetch& fetch) {
               kByRows[count - 1](columns, n, a + first * a_stride, a_stride, w,
                                  c + first * c_stride, c_stride, fetch);
             });
}

}  // namespace verdict::xnnpack

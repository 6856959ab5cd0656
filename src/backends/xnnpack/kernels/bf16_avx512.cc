// Products of bfloat16 weights with float32 inputs, for AVX-512 without a fast vdpbf16ps.
//
// A block is up to 8 rows × 32 columns: 16 accumulators. A vector holds the weights of 16 columns
// for two neighbouring inputs; a bfloat16 is the upper half of a float32, so a shift gives the
// weights of the first input and a mask those of the second: 4 cheap instructions for 32 that
// multiply and add. The inputs are not rounded. The limit is that of float32, with half the
// weights' bytes.
#include <immintrin.h>

#include <bit>

#include "verdict/backends/xnnpack/kernels/avx512_block.h"
#include "verdict/backends/xnnpack/kernels/bf16.h"

namespace verdict::xnnpack {

namespace {

using Words = std::uint32_t __attribute__((vector_size(64)));

template <std::size_t kRows>
void product(std::size_t n, std::size_t columns, const std::byte* x, std::size_t x_stride,
             const std::byte* panel, float* c, std::size_t c_stride, Fetch fetch) {
  const auto* a = reinterpret_cast<const float*>(x);
  const std::size_t a_stride = x_stride / sizeof(float);
  __m512 sums[kRows][2];
  for (auto& row : sums) {
    row[0] = _mm512_loadu_ps(panel);
    row[1] = _mm512_loadu_ps(panel + 64);
  }
  const auto add = [&](std::size_t i, __m512 w0, __m512 w1) {
    for (std::size_t r = 0; r < kRows; ++r) {
      const __m512 value = _mm512_set1_ps(a[r * a_stride + i]);
      sums[r][0] = _mm512_fmadd_ps(value, w0, sums[r][0]);
      sums[r][1] = _mm512_fmadd_ps(value, w1, sums[r][1]);
    }
  };
  const auto first = [](Words pairs) { return std::bit_cast<__m512>(pairs << 16); };
  const auto second = [](Words pairs) { return std::bit_cast<__m512>(pairs & 0xffff0000u); };
  const auto load = [](const std::byte* w) { return std::bit_cast<Words>(_mm512_loadu_si512(w)); };
  fetch_block<kRows>(c, c_stride);
  panel += 128;
  std::size_t i = 0;
  for (; i + 2 <= n; i += 2, panel += 128) {
    const Words pair0 = load(panel);
    const Words pair1 = load(panel + 64);
    fetch.next();
    add(i, first(pair0), first(pair1));
    add(i + 1, second(pair0), second(pair1));
  }
  if (i < n) add(i, first(load(panel)), first(load(panel + 64)));
  store_block(sums, columns, c, c_stride);
}

constexpr void (*kByRows[])(std::size_t, std::size_t, const std::byte*, std::size_t,
                            const std::byte*, float*, std::size_t,
                            Fetch) = {&product<1>, &product<2>, &product<3>, &product<4>,
                                      &product<5>, &product<6>, &product<7>, &product<8>};

void product_of_rows(std::size_t n, std::size_t rows, std::size_t columns, const std::byte* a,
                     std::size_t a_stride, const std::byte* panel, float* c, std::size_t c_stride) {
  for_blocks(rows, panel, ((n + 1) / 2 + 1) * kStepBytes,
             [&](std::size_t first, std::size_t count, const Fetch& fetch) {
               kByRows[count - 1](n, columns, a + first * a_stride, a_stride, panel,
                                  c + first * c_stride, c_stride, fetch);
             });
}

constexpr BF16Kernels kKernels{nullptr, &product_of_rows, kAvx512Rows, kAvx512Blocks};

}  // namespace

const BF16Kernels& avx512_bf16_kernels() { return kKernels; }

}  // namespace verdict::xnnpack

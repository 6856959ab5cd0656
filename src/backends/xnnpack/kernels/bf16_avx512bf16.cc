// Products of bfloat16 for AVX512-BF16.
//
// A block is up to 8 rows × 32 columns: 16 accumulators. One instruction (vdpbf16ps) multiplies 16
// pairs of inputs and weights and adds both products to a float32: 32 multiplications, twice those
// of float32. It flushes denormals, which changes nothing that 8 bits of mantissa would show. The
// limit is that instruction: one a clock on AMD's CPUs, one in two on Intel's.
#include "verdict/backends/xnnpack/kernels/bf16.h"

#include <immintrin.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "verdict/backends/xnnpack/kernels/avx512_block.h"

namespace verdict::xnnpack {

namespace {

void convert(std::size_t n, const float* x, std::uint16_t* out) {
  const auto round = [&](std::size_t i) {
    const std::size_t left = n - std::min(n, i);
    const auto mask = static_cast<__mmask16>(left >= 16 ? 0xffff : (1u << left) - 1);
    return std::bit_cast<__m256i>(_mm512_cvtneps_pbh(_mm512_maskz_loadu_ps(mask, x + i)));
  };
  static_assert(BF16Kernels::kPaddedInputs == 32);
  for (std::size_t i = 0; i < n; i += 32) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i), round(i));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i + 16), round(i + 16));
  }
}

/// sum + x · w by pairs. (Around the intrinsic, g++ 12 copies every accumulator twice.)
inline __m512 add_products(__m512 sum, __m512bh x, __m512bh w) {
  asm("vdpbf16ps %2, %1, %0" : "+v"(sum) : "v"(x), "v"(w));
  return sum;
}

template <std::size_t kRows>
void product(std::size_t n, std::size_t columns, const std::byte* a, std::size_t a_stride,
             const std::byte* panel, float* c, std::size_t c_stride, Fetch fetch) {
  __m512 sums[kRows][2];
  for (auto& row : sums) {
    row[0] = _mm512_loadu_ps(panel);
    row[1] = _mm512_loadu_ps(panel + 64);
  }
  const auto load = [](const std::byte* w) {
    return std::bit_cast<__m512bh>(_mm512_loadu_si512(w));
  };
  fetch_block<kRows>(c, c_stride);
  for (std::size_t i = 0; i < n; i += 2) {
    panel += 128;
    const __m512bh w0 = load(panel);
    const __m512bh w1 = load(panel + 64);
    fetch.next();
    for (std::size_t r = 0; r < kRows; ++r) {
      std::int32_t pair = 0;
      std::memcpy(&pair, a + r * a_stride + i * sizeof(std::uint16_t), sizeof(pair));
      const auto x = std::bit_cast<__m512bh>(_mm512_set1_epi32(pair));
      sums[r][0] = add_products(sums[r][0], x, w0);
      sums[r][1] = add_products(sums[r][1], x, w1);
    }
  }
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

constexpr BF16Kernels kKernels{&convert, &product_of_rows, kAvx512Rows, kAvx512Blocks};

}  // namespace

const BF16Kernels& avx512bf16_kernels() { return kKernels; }

}  // namespace verdict::xnnpack

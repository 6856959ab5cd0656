// Products of int8 for AMX, over the panels and unsigned inputs of product_avx512vnni.cc.
//
// One instruction (tdpbusd) multiplies 16 rows of 64 unsigned inputs with 64 signed weights of 16
// columns, and adds them to int32: 16384 multiplications in 16 clocks, 8 times what one unit of
// VNNI does. The sums are the same integers as VNNI's (255 · 127 · inputs fit in int32), and what
// is done with them afterwards is the same, so results are too. The limit is that instruction;
// amx_block.h says what else there is to do.
#include "verdict/backends/xnnpack/kernels/product_amx.h"

#include <immintrin.h>

#include <bit>

#include "verdict/backends/xnnpack/kernels/amx_block.h"
#include "verdict/backends/xnnpack/kernels/avx512_block.h"
#include "verdict/backends/xnnpack/kernels/product_avx512vnni.h"
#include "xnnpack/microparams.h"

namespace verdict::xnnpack {

namespace {

/// Few rows wait for their weights, which VNNI's kernel fetches sooner: 5 to 10 % up to 8 rows.
constexpr std::size_t kMostVnniRows = 8;

using Ints = std::int32_t __attribute__((vector_size(64)));
using Floats = float __attribute__((vector_size(64)));

struct MultiplyInt8 {
  static void upper_left() { _tile_dpbusd(0, 4, 6); }
  static void upper_right() { _tile_dpbusd(1, 4, 7); }
  static void lower_left() { _tile_dpbusd(2, 5, 6); }
  static void lower_right() { _tile_dpbusd(3, 5, 7); }
};

}  // namespace

void product_amx(std::size_t rows, std::size_t columns, std::size_t n, const std::int8_t* a,
                 std::size_t a_stride, const void* w, float* c, std::size_t c_stride_bytes,
                 std::size_t, const xnn_f32_minmax_params*,
                 const xnn_qd8_quantization_params* quantization) {
  if (rows <= kMostVnniRows) {
    product_8x32c4_avx512vnni(rows, columns, n, a, a_stride, w, c, c_stride_bytes, 0, nullptr,
                              quantization);
    return;
  }
  alignas(64) std::int32_t sums[kMostAmxRows][32];
  const auto* panel = static_cast<const std::byte*>(w);
  const std::size_t groups = (n + 3) / 4;
  const std::byte* after = panel + 128 + groups * 128;
  const std::size_t c_stride = c_stride_bytes / sizeof(float);
  // Blocks that are complete at once share the same rows of sums, which stay in the first cache.
  std::size_t first_sums = 0;
  const auto sums_of = [&](std::size_t row, bool is_only) {
    first_sums = is_only ? 0 : row;
    return reinterpret_cast<std::byte*>(sums[first_sums]);
  };
  const auto finish = [&](std::size_t first, std::size_t count) {
    const __m512i minus_sums[2] = {_mm512_loadu_si512(panel), _mm512_loadu_si512(panel + 64)};
    const __m512 scales[2] = {_mm512_loadu_ps(after), _mm512_loadu_ps(after + 64)};
    const __m512 bias[2] = {_mm512_loadu_ps(after + 128), _mm512_loadu_ps(after + 192)};
    for (std::size_t r = 0; r < count; ++r) {
      const auto& of_row = quantization[first + r];
      const __m512i zero_point = _mm512_set1_epi32(of_row.zero_point);
      const __m512 row_scale = _mm512_set1_ps(of_row.inv_scale);
      __m512 reals[1][2];
      for (std::size_t half = 0; half < 2; ++half) {
        const __m512i sum = _mm512_add_epi32(_mm512_mullo_epi32(zero_point, minus_sums[half]),
                                             _mm512_load_si512(sums[first_sums + r] + 16 * half));
        const auto real =
            std::bit_cast<__m512>(__builtin_convertvector(std::bit_cast<Ints>(sum), Floats));
        reals[0][half] = _mm512_fmadd_ps(_mm512_mul_ps(real, row_scale), scales[half], bias[half]);
      }
      store_block(reals, columns, c + (first + r) * c_stride, c_stride);
    }
  };
  multiply_tiles<MultiplyInt8>(
      rows, {reinterpret_cast<const std::byte*>(a), a_stride, panel + 128, groups}, nullptr,
      sizeof(sums[0]), sums_of, finish);
}

}  // namespace verdict::xnnpack

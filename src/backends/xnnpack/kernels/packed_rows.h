#pragma once

#include <cstddef>
#include <cstdint>

namespace verdict::xnnpack {

/// Products of our own that read their input rows packed: blocks of four rows, interleaved, so that
/// a loop has two pointers and constant offsets. A weight's panel has eight output columns.
struct PackedRowsKernels {
  static constexpr std::size_t kRows = 4;
  static constexpr std::size_t kColumns = 8;

  /// Four rows of n floats (`rows` of them real, the others zero) → [n][4].
  void (*pack_f32)(std::size_t n, std::size_t rows, const float* x, std::size_t stride, float* out);
  /// c[rows][columns] = a · panel, where panel is 8 biases and [n][8] weights.
  void (*product_f32)(std::size_t n, std::size_t rows, std::size_t columns, const float* a,
                      const float* panel, float* c, std::size_t c_stride);

  /// Four rows of n floats → [⌈n / 2⌉][4][2] int16 and a scale for each row: x ≈ q · scale, |q| at
  /// most `largest_q8(n)`. A row that is not finite has the scale NaN.
  void (*quantize)(std::size_t n, std::size_t rows, const float* x, std::size_t stride,
                   std::int16_t* out, float* scales);
  /// The same product over a panel of int8: 32 bytes unused, [⌈n / 2⌉][8][2] weights, 8 scales and
  /// 8 biases.
  void (*product_q8)(std::size_t n, std::size_t rows, std::size_t columns, const std::int16_t* a,
                     const float* scales, const std::byte* panel, float* c, std::size_t c_stride);
};

/// The kernels of this build, or null where XNNPACK's are as fast.
const PackedRowsKernels* packed_rows_kernels();

/// The bound of quantised inputs that keeps the int32 sums of n products with ±127 from
/// overflowing: 12 bits up to n = 4129, less beyond.
constexpr std::int32_t largest_q8(std::size_t n) {
  constexpr std::int64_t kMost = 2147483647 / 127;
  const std::int64_t bound = n == 0 ? kMost : kMost / static_cast<std::int64_t>(n);
  return static_cast<std::int32_t>(bound < 4095 ? bound : 4095);
}

}  // namespace verdict::xnnpack

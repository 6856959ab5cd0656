#pragma once

#include <cstddef>

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
};

/// The kernels of this build, or null where XNNPACK's are as fast.
const PackedRowsKernels* packed_rows_kernels();

}  // namespace verdict::xnnpack

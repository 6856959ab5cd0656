#pragma once

#include <algorithm>
#include <cstddef>

namespace verdict::xnnpack {

/// Products of our own that read their input rows packed: blocks of rows, interleaved, so that a
/// loop has two pointers and constant offsets. A block is four rows tall, or six where `most_rows`
/// says so and more than four are real; what lies in the others is not defined. A weight's panel
/// has eight output columns.
struct PackedRowsKernels {
  static constexpr std::size_t kLowRows = 4;
  static constexpr std::size_t kTallRows = 6;
  static constexpr std::size_t kColumns = 8;

  std::size_t most_rows;
  /// `rows` rows of n floats → [n][height of the block].
  void (*pack_f32)(std::size_t n, std::size_t rows, const float* x, std::size_t stride, float* out);
  /// c[rows][columns] = a · panel for blocks of rows one behind the other, where panel is 8 biases
  /// and [n][8] weights.
  void (*product_f32)(std::size_t n, std::size_t rows, std::size_t columns, const float* a,
                      const float* panel, float* c, std::size_t c_stride);
};

/// Real rows of the next block, where so many are left: no block leaves more than three rows empty,
/// and even numbers from 8 on leave none.
constexpr std::size_t rows_of_block(std::size_t left, std::size_t most_rows) {
  const bool is_tall = left > 2 * PackedRowsKernels::kLowRows ||
                       (left > PackedRowsKernels::kLowRows && left <= PackedRowsKernels::kTallRows);
  return std::min({left, most_rows, is_tall ? most_rows : PackedRowsKernels::kLowRows});
}

/// Calls block(first row, rows) for the blocks of so many rows.
template <typename Block>
void for_row_blocks(std::size_t rows, std::size_t most_rows, Block block) {
  for (std::size_t first = 0; first < rows;) {
    const std::size_t count = rows_of_block(rows - first, most_rows);
    block(first, count);
    first += count;
  }
}

/// The kernels of this build, or null where XNNPACK's are as fast.
const PackedRowsKernels* packed_rows_kernels();

}  // namespace verdict::xnnpack

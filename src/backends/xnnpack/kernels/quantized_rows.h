#pragma once

#include <cstddef>
#include <cstdint>

#include "verdict/backends/xnnpack/kernels/kernel_table.h"
#include "verdict/backends/xnnpack/kernels/packed_rows.h"

namespace verdict::xnnpack {

/// Int8 products of our own over blocks of quantised rows (`PackedRowsKernels`'s shape), in which
/// `group` inputs of a row lie side by side: [⌈n / group⌉][height of the block][group].
struct QuantizedRowsKernels {
  std::size_t most_rows;
  std::size_t group;
  std::size_t input_bytes;      ///< of a quantised input
  std::int32_t largest_weight;  ///< weights are symmetric up to this

  /// Quantises a block of `rows` rows of n floats. A row that is not finite has the scale NaN.
  void (*quantize)(std::size_t n, std::size_t rows, const float* x, std::size_t stride,
                   std::byte* out, RowQuantization* quantization);
  /// c[rows][columns] = a · panel for blocks of rows one behind the other, where panel is 8 times
  /// minus the column's sum (int32), [⌈n / group⌉][8][group] int8 weights, 8 scales and 8 biases.
  void (*product)(std::size_t n, std::size_t rows, std::size_t columns, const std::byte* a,
                  const RowQuantization* quantization, const std::byte* panel, std::byte* scratch,
                  float* c, std::size_t c_stride);
  /// Whether `product` keeps a panel's weights as int16 in its scratch.
  bool widens = false;

  template <typename Size>
  Size scratch_bytes(Size n) const {
    return widens ? PackedRowsKernels::kColumns * sizeof(std::int16_t) * (n + n % 2) : 0;
  }
};

/// The kernels of this build for rows of n inputs, or null where XNNPACK's are as fast.
const QuantizedRowsKernels* quantized_rows_kernels(std::size_t n);

#if defined(__wasm_relaxed_simd__)
/// The instruction by which products of 7-bit operands are summed.
enum class Dot { kPairs, kFours };
/// Four products a sum where the engine has one instruction of the CPU for them; the sums are
/// equal.
Dot fastest_dot();
const QuantizedRowsKernels& seven_bit_kernels(Dot dot);
#endif

/// Shorter rows keep 12-bit inputs and 8-bit weights where longer ones have 7-bit operands: such
/// layers (a classifier's head, small models) cost little, so they need not lose precision.
inline constexpr std::size_t kLeastSevenBitInputs = 256;

/// The 7-bit operands of a build with relaxed SIMD. Its dot products of 16 pairs may saturate or
/// wrap their int16 results, and may take the second operand for signed or unsigned: with inputs
/// that are never negative and weights this small neither happens, nor when two results are added
/// in int16, so every engine, and both kernels, give the same numbers.
struct SevenBit {
  static constexpr std::int32_t kLargestInput = 127;
  static constexpr std::int32_t kLargestWeight = 63;
  static_assert(4 * kLargestInput * kLargestWeight <= INT16_MAX);
};

}  // namespace verdict::xnnpack

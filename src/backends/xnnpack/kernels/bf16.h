#pragma once

#include <cstddef>
#include <cstdint>

#include "verdict/backends/xnnpack/cpu.h"

namespace verdict::xnnpack {

/// Products of bfloat16 with sums in float32. A weight's panel is 32 float biases and [⌈n /
/// 2⌉][32][2] weights.
struct BF16Kernels {
  static constexpr std::size_t kRows = 8;
  static constexpr std::size_t kColumns = 32;

  /// Rounds a row of n floats to nearest even; fills up to an even number with zero.
  void (*convert)(std::size_t n, const float* x, std::uint16_t* out);
  /// c[rows][columns] = a · panel for up to `kRows` rows; strides in elements.
  void (*product)(std::size_t n, std::size_t rows, std::size_t columns, const std::uint16_t* a,
                  std::size_t a_stride, const std::byte* panel, float* c, std::size_t c_stride);
};

/// The kernels of this machine; null where it has none and where only XNNPACK may run.
const BF16Kernels* bf16_kernels(const KernelChoice& choice);

}  // namespace verdict::xnnpack

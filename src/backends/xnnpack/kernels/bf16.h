#pragma once

#include <cstddef>
#include <cstdint>

#include "verdict/backends/xnnpack/cpu.h"

namespace verdict::xnnpack {

/// Products of bfloat16 weights with sums in float32. A weight's panel is 32 float biases and [⌈n /
/// 2⌉][32][2] weights.
struct BF16Kernels {
  static constexpr std::size_t kColumns = 32;
  /// Rows of converted inputs are padded with zeros to a multiple of so many.
  static constexpr std::size_t kPaddedInputs = 32;

  /// Rounds a row of n floats to nearest even, and pads it. Null: `product` reads the floats.
  void (*convert)(std::size_t n, const float* x, std::uint16_t* out);
  /// c[rows][columns] = a · panel for up to `mr` · `blocks` rows of converted inputs; `a_stride` in
  /// bytes.
  void (*product)(std::size_t n, std::size_t rows, std::size_t columns, const std::byte* a,
                  std::size_t a_stride, const std::byte* panel, float* c, std::size_t c_stride);
  std::size_t mr;
  std::size_t blocks;  ///< of `mr` rows that one call computes
};

#if defined(__x86_64__)
const BF16Kernels& avx512_bf16_kernels();  ///< by float32's multiplication
const BF16Kernels& avx512bf16_kernels();   ///< by bfloat16's own
const BF16Kernels& amx_bf16_kernels();     ///< by AMX
#endif

/// The kernels of this machine; null where it has none and where only XNNPACK may run.
const BF16Kernels* bf16_kernels(const KernelChoice& choice);

}  // namespace verdict::xnnpack

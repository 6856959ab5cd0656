#include "verdict/backends/xnnpack/kernels/kernel_table.h"

#include "verdict/backends/xnnpack/kernels/bf16.h"
#include "verdict/backends/xnnpack/kernels/packed_rows.h"
#include "verdict/backends/xnnpack/kernels/quantized_rows.h"

namespace verdict::xnnpack {

const KernelTable& baseline_kernels();
#if defined(__x86_64__)
const KernelTable& avx2_kernels();
const KernelTable& avx512_kernels();
const KernelTable& avx512vnni_kernels();
#endif

const KernelTable& kernel_table([[maybe_unused]] Isa isa) {
#if defined(__x86_64__)
  switch (isa) {
    case Isa::kAvx512Amx:
    case Isa::kAvx512Vnni:
      return avx512vnni_kernels();
    case Isa::kAvx512:
      return avx512_kernels();
    case Isa::kAvx2:
      return avx2_kernels();
    case Isa::kBaseline:
      break;
  }
#endif
  return baseline_kernels();
}

const BF16Kernels* bf16_kernels([[maybe_unused]] const KernelChoice& choice) {
#if defined(__x86_64__)
  if (choice.isa < Isa::kAvx512 || choice.products == Products::kXnnpack) return nullptr;
  if (choice.isa == Isa::kAvx512Amx) return &amx_bf16_kernels();
  // Intel's units of vector width multiply bfloat16 at half of float32's speed.
  const bool is_fast = __builtin_cpu_supports("avx512bf16") && !__builtin_cpu_is("intel");
  return is_fast ? &avx512bf16_kernels() : &avx512_bf16_kernels();
#else
  return nullptr;
#endif
}

#if defined(__wasm__)
const QuantizedRowsKernels& twelve_bit_kernels();

const QuantizedRowsKernels* quantized_rows_kernels([[maybe_unused]] std::size_t n) {
#if defined(__wasm_relaxed_simd__)
  static const QuantizedRowsKernels& seven_bits = seven_bit_kernels(fastest_dot());
  if (n >= kLeastSevenBitInputs) return &seven_bits;
#endif
  return &twelve_bit_kernels();
}
#else
const PackedRowsKernels* packed_rows_kernels() { return nullptr; }
const QuantizedRowsKernels* quantized_rows_kernels(std::size_t) { return nullptr; }
#endif

}  // namespace verdict::xnnpack

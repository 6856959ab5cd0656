#include "verdict/backends/xnnpack/kernels/kernel_table.h"

#include "verdict/backends/xnnpack/kernels/packed_rows.h"

namespace verdict::xnnpack {

const KernelTable& baseline_kernels();
#if defined(__x86_64__)
const KernelTable& avx2_kernels();
const KernelTable& avx512_kernels();
#endif

const KernelTable& kernel_table([[maybe_unused]] Isa isa) {
#if defined(__x86_64__)
  switch (isa) {
    case Isa::kAvx512Vnni:
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

#if !defined(__wasm__)
const PackedRowsKernels* packed_rows_kernels() { return nullptr; }
#endif

}  // namespace verdict::xnnpack

#define VERDICT_LANES 16
#define VERDICT_ATTENTION_ROWS 8
#define VERDICT_ATTENTION_COLUMNS 2
#include "verdict/backends/xnnpack/kernels/vector_kernels.inc"

namespace verdict::xnnpack {

const KernelTable& avx512vnni_kernels() { return kTable; }

}  // namespace verdict::xnnpack

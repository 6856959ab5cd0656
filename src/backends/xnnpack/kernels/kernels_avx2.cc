#define VERDICT_LANES 8
#define VERDICT_ATTENTION_ROWS 4
#define VERDICT_ATTENTION_COLUMNS 2
#include "verdict/backends/xnnpack/kernels/vector_kernels.inc"

namespace verdict::xnnpack {

const KernelTable& avx2_kernels() { return kTable; }

}  // namespace verdict::xnnpack

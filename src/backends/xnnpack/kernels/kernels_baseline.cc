// Vectors of four floats: SSE2, NEON, WebAssembly SIMD.
#define VERDICT_LANES 4
#define VERDICT_ATTENTION_ROWS 4
#define VERDICT_ATTENTION_COLUMNS 2
#include "verdict/backends/xnnpack/kernels/vector_kernels.inc"

namespace verdict::xnnpack {

const KernelTable& baseline_kernels() { return kTable; }

}  // namespace verdict::xnnpack

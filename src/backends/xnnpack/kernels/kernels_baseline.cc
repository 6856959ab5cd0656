// Vectors of four floats: SSE2, NEON, WebAssembly SIMD.
#define VERDICT_LANES 4
#if defined(__wasm_relaxed_simd__)
// Fused multiplication needs no temporaries: 12 accumulators fit (packed_rows_wasmsimd.cc).
#define VERDICT_ATTENTION_ROWS 6
#else
#define VERDICT_ATTENTION_ROWS 4
#endif
#define VERDICT_ATTENTION_COLUMNS 2
#include "verdict/backends/xnnpack/kernels/vector_kernels.inc"

namespace verdict::xnnpack {

const KernelTable& baseline_kernels() { return kTable; }

}  // namespace verdict::xnnpack

#pragma once

#include "verdict/backends/xnnpack/linear.h"

namespace verdict::xnnpack {

/// A product of any type by the kernels of this build (products_native.cc, products_wasmsimd.cc).
void run_by_type(const Machine& machine, ComputeType type, const Product& product);

/// A product of float32 rows where they lie, by XNNPACK's kernels or those of ours that read their
/// panels.
void run_f32(const Machine& machine, const Product& product);

}  // namespace verdict::xnnpack

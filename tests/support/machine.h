#pragma once

#include "verdict/backends/xnnpack/kernels/bf16.h"

namespace verdict::testing {

/// Whether this machine computes products of bfloat16.
inline bool has_bf16() { return xnnpack::bf16_kernels(xnnpack::choose_kernels()) != nullptr; }

}  // namespace verdict::testing

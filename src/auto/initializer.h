#pragma once

#include <cstdint>

#include "verdict/base/tensor.h"
#include "verdict/graph/graph.h"

namespace verdict {

/// Fresh values of a parameter, float32 of its shape. The generator starts from `seed` and the
/// parameter's name, so that a value depends neither on the platform nor on what else is
/// initialised.
Tensor initialize(const graph::Parameter& parameter, std::uint64_t seed);

}  // namespace verdict

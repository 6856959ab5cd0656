#pragma once

#include <string_view>

#include "verdict/models/family.h"
#include "verdict/nn/rotary.h"

namespace verdict::models {

/// The rotary table of the layers of one type ("full_attention", "sliding_attention"), by the
/// config's `rope_parameters` (transformers' ROPE_INIT_FUNCTIONS: default, linear, dynamic, yarn,
/// longrope, llama3). Throws `kUnsupported` for another kind, `kInvalidArgument` for factors that
/// do not fit the head.
Value rope_table(const ModelBuilder& model, const Scope& scope, std::int64_t head_size,
                 std::string_view layer_type = "full_attention");

}  // namespace verdict::models

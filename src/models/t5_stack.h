#pragma once

#include <optional>
#include <string>

#include "verdict/models/family.h"

namespace verdict::models {

/// The encoder of T5 (Raffel et al. 2019), or, where it has `encoded` to look at, the decoder;
/// `side` is the name of either. `bias_by_layer`: every layer has a table of position biases of its
/// own (UMT5), else all share the first one's. Returns the last hidden state and records all.
Value t5_stack(ModelBuilder& model, bool bias_by_layer, std::string side, Value ids,
               std::optional<Value> encoded);

}  // namespace verdict::models

#pragma once

#include "verdict/models/family.h"

namespace verdict::models {

/// The head of encoder-decoder classifiers, `classification_head`: two linear layers over the last
/// <eos> token of each sequence; [rows, num_labels].
Value eos_head(const ModelBuilder& model, const Scope& scope, Value last);

}  // namespace verdict::models

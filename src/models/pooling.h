#pragma once

#include "verdict/models/family.h"

namespace verdict::models {

/// What `classifier_pooling` asks for: the first token ("cls") or the mean of all ("mean");
/// [rows, n]. Throws `kInvalidArgument` for another value.
Value classifier_pooling(const ModelBuilder& model, const Scope& scope, Value x);

/// BERT's pooler on the first token: `dense`, tanh; then the dropout and `classifier` of the root.
void pooled_head(ModelBuilder& model, const Scope& pooler, Value last, double dropout);

}  // namespace verdict::models

#pragma once

#include <optional>

#include "verdict/models/family.h"

namespace verdict::models {

/// What all layers of DeBERTa know of the distances between tokens.
struct Distances {
  Value embeddings;  ///< [shared distances, hidden]
  Value columns;     ///< of the tokens
  graph::RelativeIndex row;
};

/// The relative positions below the encoder's scope; none without `relative_attention`. Throws
/// `kInvalidArgument` for buckets that do not fit the longest distance.
std::optional<Distances> relative_distances(const ModelBuilder& model, const Scope& scope);

/// Self-attention whose scores also compare contents with distances (He et al. 2020), as
/// `pos_att_type` asks for, without the output projection; [tokens, hidden]. `fused`: the
/// projections of DeBERTa's first version. Records the attention.
Value disentangled_attention(ModelBuilder& model, const Scope& scope, Value x,
                             const std::optional<Distances>& distances, bool fused);

}  // namespace verdict::models

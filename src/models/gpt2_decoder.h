#pragma once

#include <array>
#include <string_view>

#include "verdict/models/family.h"

namespace verdict::models {

inline constexpr std::array<std::string_view, 2> kGpt2Arguments{"input_ids", "position_ids"};

/// What families of GPT-2's shape say in their own words: how weights are stored, config
/// attributes, the attention (with its output projection).
struct Gpt2Variant {
  nn::LinearOptions linear;
  std::string_view embedding_dropout;
  std::string_view attention_dropout;
  std::string_view residual_dropout;
  /// Whether the weights that write to the residual stream start smaller, by its depth.
  bool scales_residual_weights;
  Value (*attention)(ModelBuilder& model, const Gpt2Variant& variant, const Scope& scope,
                     std::int64_t layer, Value x);
};

/// The place of a weight that writes to the residual stream, which may start smaller.
Scope residual_scope(const ModelBuilder& model, const Gpt2Variant& variant, const Scope& scope);

/// A whole classifier of GPT-2's shape (Radford et al. 2019).
void build_gpt2(ModelBuilder& model, const Gpt2Variant& variant);

}  // namespace verdict::models

#pragma once

#include <array>
#include <string_view>

#include "verdict/models/family.h"

namespace verdict::models {

/// Arguments by token of decoders with rotary positions.
inline constexpr std::array<std::string_view, 2> kRotaryArguments{"input_ids", "position_ids"};

/// What distinguishes the types that are built of LLaMA's layers beyond their configs.
struct LlamaTraits {
  bool query_bias = false;  ///< query, key and value have biases whatever the config says
  bool fused = false;       ///< one qkv_proj and one gate_up_proj
  bool head_norms = false;  ///< queries and keys are normalised by head
  bool gemma = false;  ///< norm weights are stored minus 1, embeddings scaled by √hidden_size
  /// Attention and feed-forward are normalised before they are added, too.
  bool norms_after = false;
  bool softcap = false;        ///< scores are capped by `attn_logit_softcapping`
  bool bidirectional = false;  ///< every token sees later ones; windows reach to both sides
  bool halved_window = false;  ///< `sliding_window` counts the tokens to both sides together
};

/// Embeddings, layers and the last norm of LLaMA (Touvron et al. 2023) below the scope of the base
/// model; [tokens, hidden_size]. Records the states.
Value llama_layers(ModelBuilder& model, const Scope& base, const LlamaTraits& traits);

}  // namespace verdict::models

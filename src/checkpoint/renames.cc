#include "verdict/checkpoint/renames.h"

#include <algorithm>
#include <array>
#include <span>

#include "verdict/base/strings.h"

namespace verdict {

namespace {

/// `from` anywhere in the key, or at its start where it begins with "^", becomes `to`.
struct Rename {
  std::string_view model_types;  ///< separated by spaces; empty: every type
  std::string_view from;
  std::string_view to;
};

/// In this order, each at most once a key.
constexpr auto kRenames = std::to_array<Rename>({
    // Of torch's DataParallel, around the whole model.
    {"", "^module.", ""},
    // TensorFlow's names of a norm's parameters, which early conversions kept.
    {"", "LayerNorm.gamma", "LayerNorm.weight"},
    {"", "LayerNorm.beta", "LayerNorm.bias"},
    {"gte", "^new.", ""},
    {"gte", "encoder.layer.", "layers."},
    {"gte", "attention.o_proj", "self_attn.o_proj"},
    {"gte", "attention.qkv_proj", "self_attn.qkv_proj"},
    {"gte", "attn_ln", "post_attention_layernorm"},
    {"gte", "mlp_ln", "post_mlp_layernorm"},
    {"nomic_bert", "encoder.layers", "layers"},
    {"nomic_bert", "emb_ln", "embeddings.LayerNorm"},
    {"nomic_bert", "attn.out_proj", "self_attn.o_proj"},
    {"nomic_bert", "attn.Wqkv", "self_attn.qkv_proj"},
    {"nomic_bert", "fc11", "up_proj"},
    {"nomic_bert", "fc12", "gate_proj"},
    {"nomic_bert", "fc2", "down_proj"},
    {"nomic_bert", "norm1", "post_attention_layernorm"},
    {"nomic_bert", "norm2", "post_mlp_layernorm"},
    {"ultrabert", "^ultrabert.", "model."},
});

/// A fused module and the modules that it is made of.
struct Split {
  std::string_view model_types;
  std::string_view fused;
  std::array<std::string_view, 3> parts;  ///< empty: none
};

constexpr auto kSplits = std::to_array<Split>({
    {"gte nomic_bert", ".qkv_proj.", {".q_proj.", ".k_proj.", ".v_proj."}},
    {"gte", ".up_gate_proj.", {".up_proj.", ".gate_proj.", ""}},
});

struct Tie {
  std::string_view model_types;
  std::string_view key;
  std::string_view same_as;
};

constexpr auto kTies = std::to_array<Tie>({
    {"bart mbart mvp plbart", "model.encoder.embed_tokens.weight", "model.shared.weight"},
    {"bart mbart mvp plbart", "model.decoder.embed_tokens.weight", "model.shared.weight"},
    {"mt5 t5 umt5", "transformer.encoder.embed_tokens.weight", "transformer.shared.weight"},
    {"mt5 t5 umt5", "transformer.decoder.embed_tokens.weight", "transformer.shared.weight"},
});

/// Buffers, and parameters of modules that the classifier does not have.
struct Ignored {
  std::string_view model_types;  ///< separated by spaces; empty: every type
  std::string_view ending;
};

constexpr auto kIgnored = std::to_array<Ignored>({
    {"", ".position_ids"},
    {"", ".token_type_ids"},
    {"", ".inv_freq"},
    {"", ".original_inv_freq"},
    {"", "encoder.version"},
    {"", "decoder.version"},
    {"", "final_logits_bias"},
    {"", ".attn.masked_bias"},
    {"", ".attention.masked_bias"},
    {"deberta deberta-v2 esm", "position_embeddings.weight"},
    {"gpt-sw3 gpt2", ".attn.bias"},
    {"gpt_neo", ".attn.attention.bias"},
    {"ibert", ".act_scaling_factor"},
    {"ibert", ".bias_integer"},
    {"ibert", ".fc_scaling_factor"},
    {"ibert", ".LayerNorm.shift"},
    {"ibert", ".weight_integer"},
    {"ibert", ".weight_scaling_factor"},
    {"ibert", ".x_max"},
    {"ibert", ".x_min"},
    {"mt5 t5 umt5", "layer.1.EncDecAttention.relative_attention_bias.weight"},
});

template <typename Rule>
bool applies(const Rule& rule, std::string_view model_type) {
  return rule.model_types.empty() || has_word(rule.model_types, model_type);
}

void replace_first(std::string& key, std::string_view from, std::string_view to) {
  const bool anchored = starts_with(from, "^");
  if (anchored) from.remove_prefix(1);
  const std::size_t at = key.find(from);
  if (at == std::string::npos || (anchored && at != 0)) return;
  key.replace(at, from.size(), to);
}

}  // namespace

std::vector<std::string> canonical_keys(std::string_view model_type, std::string_view stored) {
  std::string key(stored);
  for (const Rename& rename : kRenames) {
    if (applies(rename, model_type)) replace_first(key, rename.from, rename.to);
  }
  for (const Split& split : kSplits) {
    if (!applies(split, model_type) || key.find(split.fused) == std::string::npos) continue;
    std::vector<std::string> parts;
    for (const std::string_view part : split.parts) {
      if (part.empty()) continue;
      parts.push_back(key);
      replace_first(parts.back(), split.fused, part);
    }
    return parts;
  }
  return {key};
}

std::string tied_key(std::string_view model_type, std::string_view key) {
  const auto tie = std::ranges::find_if(
      kTies, [&](const Tie& t) { return applies(t, model_type) && t.key == key; });
  return tie == kTies.end() ? std::string() : std::string(tie->same_as);
}

bool is_ignored_key(std::string_view model_type, std::string_view stored) {
  return std::ranges::any_of(kIgnored, [&](const Ignored& ignored) {
    return applies(ignored, model_type) && ends_with(stored, ignored.ending);
  });
}

}  // namespace verdict

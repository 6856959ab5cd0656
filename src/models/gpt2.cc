// GPT-2: Radford et al. 2019, "Language Models are Unsupervised Multitask Learners"; GPT-SW3 is the
// same architecture. Reference: transformers, GPT2ForSequenceClassification.
#include <array>
#include <cmath>

#include "verdict/models/gpt2_decoder.h"
#include "verdict/nn/inputs.h"

namespace verdict::models {

namespace {

Value attention(ModelBuilder& model, const Gpt2Variant& variant, const Scope& scope,
                std::int64_t layer, Value x) {
  const PretrainedConfig& config = model.config();
  const auto hidden = config.get<std::int64_t>("hidden_size");
  const auto heads = config.get<std::int64_t>("num_attention_heads");
  nn::Attention::Options options{.heads = heads,
                                 .head_size = nn::head_size(hidden, heads),
                                 .dropout = config.get<double>(variant.attention_dropout)};
  options.scale = config.get<bool>("scale_attn_weights")
                      ? 1 / std::sqrt(static_cast<double>(options.head_size))
                      : 1;
  if (config.get<bool>("scale_attn_by_inverse_layer_idx"))
    options.scale /= static_cast<double>(layer + 1);

  const std::array sizes{hidden, hidden, hidden};
  const auto projected = nn::fused_linear(scope["c_attn"], x, sizes, variant.linear);
  nn::Attention op(scope, projected[0], projected[1], projected[2], options);
  if (is_causal(config)) op.causal(nn::token_columns(scope));
  const nn::AttentionResult result = op.result();
  model.attention(result.probabilities);
  return nn::linear(residual_scope(model, variant, scope["c_proj"]), result.context, hidden,
                    variant.linear);
}

constexpr Gpt2Variant kVariant{{.transposed = true}, "embd_pdrop", "attn_pdrop",
                               "resid_pdrop",        true,         &attention};

}  // namespace

extern const Family gpt2_family;
const Family gpt2_family{"transformer", kGpt2Arguments,
                         [](ModelBuilder& model) { build_gpt2(model, kVariant); },
                         &max_position_embeddings};

}  // namespace verdict::models

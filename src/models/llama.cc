// LLaMA: Touvron et al. 2023, https://arxiv.org/abs/2302.13971, and the decoders that differ from
// it by options: Mistral, Qwen2, Qwen3, Gemma, Gemma 2, Gemma 3, Phi-3. Reference: transformers,
// LlamaForSequenceClassification and its kin.
#include <string>

#include "verdict/base/strings.h"
#include "verdict/models/llama_layers.h"

namespace verdict::models {

namespace {

void build(ModelBuilder& model) {
  const PretrainedConfig& config = model.config();
  const std::string type = config.model_type();
  const Scope base = model.root()["model"];
  const bool opened = (type == "gemma" || type == "gemma3_text") &&
                      config.get_or<bool>("use_bidirectional_attention", false);
  const Value last = llama_layers(model, base,
                                  {.query_bias = type == "qwen2",
                                   .fused = type == "phi3",
                                   .head_norms = type == "qwen3" || type == "gemma3_text",
                                   .gemma = starts_with(type, "gemma"),
                                   .norms_after = type == "gemma2" || type == "gemma3_text",
                                   .softcap = type == "gemma2",
                                   .bidirectional = opened || !is_causal(config),
                                   .halved_window = opened && type == "gemma3_text"});
  const Value pooled =
      nn::last_unpadded_token(base, last, config.get_or<std::int64_t>("pad_token_id", -1));
  model.logits(nn::linear(model.root()["score"], pooled, model.num_labels(), {.bias = false}));
}

}  // namespace

extern const Family llama_family;
const Family llama_family{"model", kRotaryArguments, &build};

}  // namespace verdict::models

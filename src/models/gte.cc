// GTE: Zhang et al. 2024, https://arxiv.org/abs/2407.19669, and Nomic BERT: Nussbaum et al. 2024,
// https://arxiv.org/abs/2402.01613: BERT with rotary positions and a gated feed-forward. Reference:
// transformers, GteForSequenceClassification and NomicBertForSequenceClassification.
#include <string>

#include "verdict/models/bert_encoder.h"
#include "verdict/models/pooling.h"
#include "verdict/models/rope.h"
#include "verdict/nn/inputs.h"

namespace verdict::models {

namespace {

Value embeddings(const ModelBuilder& model, const Scope& scope) {
  const PretrainedConfig& config = model.config();
  const auto vocab_size = config.get<std::int64_t>("vocab_size");
  const auto types = config.get<std::int64_t>("type_vocab_size");
  const std::int64_t hidden = model.hidden_size();
  Value x = nn::embedding(scope["word_embeddings"], nn::input_ids(scope, vocab_size), vocab_size,
                          hidden, config.get_or<std::int64_t>("pad_token_id", -1));
  if (types > 0) {
    const Value ids = nn::optional_input(scope, "token_type_ids", types, 0);
    x = nn::add(scope, x, nn::embedding(scope["token_type_embeddings"], ids, types, hidden));
  }
  x = nn::layer_norm(scope["LayerNorm"], x, config.get<double>("layer_norm_eps"));
  return nn::dropout(scope, x, config.get<double>("hidden_dropout_prob"));
}

/// `bias`: of the attention's linear layers and of the last one of the feed-forward.
Value layer(ModelBuilder& model, const Scope& scope, Value x, Value rope, std::int64_t head_size,
            bool bias) {
  const PretrainedConfig& config = model.config();
  const std::int64_t hidden = model.hidden_size();
  const auto heads = config.get<std::int64_t>("num_attention_heads");
  const auto size = config.get<std::int64_t>("intermediate_size");
  const auto eps = config.get<double>("layer_norm_eps");
  const auto dropout = config.get<double>("hidden_dropout_prob");
  const nn::LinearOptions options{.bias = bias};

  const Scope self = scope["self_attn"];
  const Value query = nn::linear(self["q_proj"], x, heads * head_size, options);
  const Value key = nn::linear(self["k_proj"], x, heads * head_size, options);
  const Value value = nn::linear(self["v_proj"], x, heads * head_size, options);
  const auto attention =
      nn::Attention(self, nn::rotate(self, query, rope, heads, head_size),
                    nn::rotate(self, key, rope, heads, head_size), value,
                    {.heads = heads,
                     .head_size = head_size,
                     .dropout = config.get<double>("attention_probs_dropout_prob")})
          .result();
  model.attention(attention.probabilities);
  Value y = nn::linear(self["o_proj"], attention.context, hidden, options);
  y = nn::add(scope, nn::dropout(scope, y, dropout), x);
  x = nn::layer_norm(scope["post_attention_layernorm"], y, eps);

  const Scope mlp = scope["mlp"];
  y = nn::linear(mlp["gate_proj"], x, size, {.bias = false});
  y = nn::activation(mlp, y, config.get<std::string>("hidden_act"));
  y = nn::multiply(mlp, y, nn::linear(mlp["up_proj"], x, size, {.bias = false}));
  y = nn::linear(mlp["down_proj"], nn::dropout(mlp, y, bias ? dropout : 0), hidden, options);
  y = nn::add(scope, nn::dropout(scope, y, dropout), x);
  return nn::layer_norm(scope["post_mlp_layernorm"], y, eps);
}

void build(ModelBuilder& model) {
  const PretrainedConfig& config = model.config();
  const bool bias = config.model_type() == "gte";
  const Scope base = model.root()[config.model_type()];
  const auto heads = config.get<std::int64_t>("num_attention_heads");
  const std::int64_t head_size = config.has("head_dim") ? config.get<std::int64_t>("head_dim")
                                                        : nn::head_size(model.hidden_size(), heads);

  Value x = embeddings(model, base["embeddings"]);
  model.hidden_state(x);
  const Value rope = rope_table(model, base, head_size);
  const auto layers = config.get<std::int64_t>("num_hidden_layers");
  for (std::int64_t i = 0; i < layers; ++i) {
    x = layer(model, base["layers"][i], x, rope, head_size, bias);
    model.hidden_state(x);
  }
  pooled_head(model, base["pooler"], x, classifier_dropout(config));
}

}  // namespace

extern const Family gte_family;
const Family gte_family{"gte", kBertArguments, &build};
extern const Family nomic_bert_family;
const Family nomic_bert_family{"nomic_bert", kBertArguments, &build};

}  // namespace verdict::models

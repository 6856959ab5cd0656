// SqueezeBERT: Iandola et al. 2020, https://arxiv.org/abs/2006.11316; BERT whose linear layers are
// convolutions of kernel 1 in groups. Reference: transformers,
// SqueezeBertForSequenceClassification.
#include <string>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"
#include "verdict/models/bert_encoder.h"
#include "verdict/models/pooling.h"
#include "verdict/nn/inputs.h"

namespace verdict::models {

namespace {

constexpr double kLayerNormEps = 1e-12;

Value convolution(const ModelBuilder& model, const Scope& scope, Value x, std::int64_t out,
                  std::string_view groups) {
  return nn::linear(scope, x, out,
                    {.groups = model.config().get<std::int64_t>(groups), .pointwise = true});
}

/// A convolution whose output is added to `residual` and normalised.
Value residual_block(const ModelBuilder& model, const Scope& scope, Value x, Value residual,
                     std::string_view groups) {
  Value y = convolution(model, scope["conv1d"], x, model.hidden_size(), groups);
  y = nn::dropout(scope, y, model.config().get<double>("hidden_dropout_prob"));
  return nn::layer_norm(scope["layernorm"], nn::add(scope, y, residual), kLayerNormEps);
}

Value layer(ModelBuilder& model, const Scope& scope, Value x) {
  const PretrainedConfig& config = model.config();
  const std::int64_t hidden = model.hidden_size();
  const auto heads = config.get<std::int64_t>("num_attention_heads");

  const Scope self = scope["attention"];
  const Value query = convolution(model, self["query"], x, hidden, "q_groups");
  const Value key = convolution(model, self["key"], x, hidden, "k_groups");
  const Value value = convolution(model, self["value"], x, hidden, "v_groups");
  // The reference gives the scores as its attentions.
  const nn::AttentionResult attention =
      nn::Attention(self, query, key, value,
                    {.heads = heads,
                     .head_size = nn::head_size(hidden, heads),
                     .dropout = config.get<double>("attention_probs_dropout_prob"),
                     .gives_scores = true})
          .result();
  model.attention(attention.probabilities);
  x = residual_block(model, scope["post_attention"], attention.context, x, "post_attention_groups");

  Value y = convolution(model, scope["intermediate"]["conv1d"], x,
                        config.get<std::int64_t>("intermediate_size"), "intermediate_groups");
  y = nn::activation(scope, y, config.get<std::string>("hidden_act"));
  return residual_block(model, scope["output"], y, x, "output_groups");
}

void build(ModelBuilder& model) {
  const PretrainedConfig& config = model.config();
  const auto embedding_size = config.get<std::int64_t>("embedding_size");
  if (embedding_size != model.hidden_size()) {
    throw Error(ErrorCode::kInvalidArgument,
                concat("The config's embedding_size is ", embedding_size,
                       "; SqueezeBERT needs its hidden_size, ", model.hidden_size(), "."));
  }
  const Scope transformer = model.root()["transformer"];
  const Value positions = nn::column_positions(transformer, max_position_embeddings(config));
  Value x = bert_embeddings(model, transformer["embeddings"], positions, embedding_size,
                            {.always_absolute = true});
  model.hidden_state(x);
  const auto layers = config.get<std::int64_t>("num_hidden_layers");
  for (std::int64_t i = 0; i < layers; ++i) {
    x = layer(model, transformer["encoder"]["layers"][i], x);
    model.hidden_state(x);
  }
  pooled_head(model, transformer["pooler"], x, config.get<double>("hidden_dropout_prob"));
}

}  // namespace

extern const Family squeezebert_family;
const Family squeezebert_family{"transformer", kBertArguments, &build, &max_position_embeddings};

}  // namespace verdict::models

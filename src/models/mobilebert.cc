// MobileBERT: Sun et al. 2020, https://arxiv.org/abs/2004.02984. Reference: transformers,
// MobileBertForSequenceClassification.
#include <string>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"
#include "verdict/models/bert_encoder.h"
#include "verdict/models/pooling.h"
#include "verdict/nn/inputs.h"

namespace verdict::models {

namespace {

/// torch's own, where the reference does not pass layer_norm_eps on.
constexpr double kDefaultEps = 1e-5;

Value norm(const ModelBuilder& model, const Scope& scope, Value x, double eps) {
  const auto type = model.config().get<std::string>("normalization_type");
  if (type == "no_norm") return nn::affine(scope, x);
  if (type == "layer_norm") return nn::layer_norm(scope, x, eps);
  throw Error(ErrorCode::kInvalidArgument, concat("The config's normalization_type is \"", type,
                                                  "\"; no_norm or layer_norm was expected."));
}

Value dense_norm(const ModelBuilder& model, const Scope& scope, Value x, std::int64_t out) {
  return norm(model, scope["LayerNorm"], nn::linear(scope["dense"], x, out),
              model.config().get<double>("layer_norm_eps"));
}

/// The norm of dense(x), after dropout, + residual.
Value residual_norm(const ModelBuilder& model, const Scope& scope, Value x, Value residual,
                    double eps, bool drops) {
  Value y = nn::linear(scope["dense"], x, scope.graph().columns(residual));
  if (drops) y = nn::dropout(scope, y, model.config().get<double>("hidden_dropout_prob"));
  return norm(model, scope["LayerNorm"], nn::add(scope, y, residual), eps);
}

Value intermediate(const ModelBuilder& model, const Scope& scope, Value x) {
  const PretrainedConfig& config = model.config();
  x = nn::linear(scope["dense"], x, config.get<std::int64_t>("intermediate_size"));
  return nn::activation(scope, x, config.get<std::string>("hidden_act"));
}

Value embeddings(const ModelBuilder& model, const Scope& scope) {
  const auto size = model.config().get<std::int64_t>("embedding_size");
  const bool trigrams = model.config().get<bool>("trigram_input");
  const auto transform = [&](Value words) {
    Value columns = words;
    if (trigrams) {
      columns = nn::concat_columns(
          scope, {nn::shift_rows(scope, words, 1), words, nn::shift_rows(scope, words, -1)});
    }
    // The layer is there even where it is not used.
    const Value out = nn::linear(scope["embedding_transformation"], columns, model.hidden_size());
    return trigrams || size != model.hidden_size() ? out : words;
  };
  const Value positions = nn::column_positions(scope, max_position_embeddings(model.config()));
  const Value sum = bert_embeddings(
      model, scope, positions, model.hidden_size(),
      {.norm = false, .always_absolute = true, .word_size = size, .map_words = transform});
  return norm(model, scope["LayerNorm"], sum, kDefaultEps);
}

Value layer(ModelBuilder& model, const Scope& scope, Value hidden_states) {
  const PretrainedConfig& config = model.config();
  const auto eps = config.get<double>("layer_norm_eps");
  const auto heads = config.get<std::int64_t>("num_attention_heads");
  const auto narrow = config.get<std::int64_t>("intra_bottleneck_size");
  const bool bottleneck = config.get<bool>("use_bottleneck");

  Value residual = hidden_states;
  Value query_key = hidden_states;
  Value value = hidden_states;
  if (bottleneck) {
    residual = dense_norm(model, scope["bottleneck"]["input"], hidden_states, narrow);
    if (config.get<bool>("key_query_shared_bottleneck"))
      query_key = dense_norm(model, scope["bottleneck"]["attention"], hidden_states, narrow);
    if (config.get<bool>("use_bottleneck_attention")) query_key = value = residual;
  }
  const std::int64_t width = bottleneck ? narrow : model.hidden_size();
  const Scope self = scope["attention"]["self"];
  const nn::AttentionResult attention =
      nn::Attention(self, nn::linear(self["query"], query_key, width),
                    nn::linear(self["key"], query_key, width),
                    nn::linear(self["value"], value, width),
                    {.heads = heads,
                     .head_size = nn::head_size(width, heads),
                     .dropout = config.get<double>("attention_probs_dropout_prob")})
          .result();
  model.attention(attention.probabilities);
  Value x = residual_norm(model, scope["attention"]["output"], attention.context, residual, eps,
                          !bottleneck);

  const auto networks = config.get<std::int64_t>("num_feedforward_networks");
  for (std::int64_t i = 0; i + 1 < networks; ++i) {
    const Scope network = scope["ffn"][i];
    x = residual_norm(model, network["output"], intermediate(model, network["intermediate"], x), x,
                      eps, false);
  }
  const Value y = intermediate(model, scope["intermediate"], x);
  x = residual_norm(model, scope["output"], y, x, kDefaultEps, !bottleneck);
  if (!bottleneck) return x;
  return residual_norm(model, scope["output"]["bottleneck"], x, hidden_states, eps, true);
}

void build(ModelBuilder& model) {
  const PretrainedConfig& config = model.config();
  const Scope mobilebert = model.root()["mobilebert"];
  Value x = embeddings(model, mobilebert["embeddings"]);
  model.hidden_state(x);
  const auto layers = config.get<std::int64_t>("num_hidden_layers");
  for (std::int64_t i = 0; i < layers; ++i) {
    x = layer(model, mobilebert["encoder"]["layer"][i], x);
    model.hidden_state(x);
  }
  const double dropout = classifier_dropout(config);
  if (config.get<bool>("classifier_activation"))
    return pooled_head(model, mobilebert["pooler"], x, dropout);
  x = nn::dropout(mobilebert, nn::first_token(mobilebert, x), dropout);
  model.logits(nn::linear(model.root()["classifier"], x, model.num_labels()));
}

}  // namespace

extern const Family mobilebert_family;
const Family mobilebert_family{"mobilebert", kBertArguments, &build, &max_position_embeddings};

}  // namespace verdict::models

// ALBERT: Lan et al. 2019, https://arxiv.org/abs/1909.11942. Reference: transformers,
// AlbertForSequenceClassification.
#include <string>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"
#include "verdict/models/bert_encoder.h"
#include "verdict/nn/inputs.h"

namespace verdict::models {

namespace {

/// `number` counts the layers of all groups.
Value layer(ModelBuilder& model, const Scope& scope, Value x, std::int64_t number) {
  const PretrainedConfig& config = model.config();
  const auto hidden = config.get<std::int64_t>("hidden_size");
  const auto eps = config.get<double>("layer_norm_eps");
  const auto dropout = config.get<double>("hidden_dropout_prob");

  const Scope self = scope["attention"];
  Value y =
      bert_self_attention(model, self, x, number, {.may_decode = false, .scales_distances = false});
  y = nn::dropout(self, nn::linear(self["dense"], y, hidden), dropout);
  x = nn::layer_norm(self["LayerNorm"], nn::add(scope, y, x), eps);

  y = nn::linear(scope["ffn"], x, config.get<std::int64_t>("intermediate_size"));
  y = nn::linear(scope["ffn_output"],
                 nn::activation(scope, y, config.get<std::string>("hidden_act")), hidden);
  return nn::layer_norm(scope["full_layer_layer_norm"], nn::add(scope, y, x), eps);
}

/// Layers of one group share their weights: a scope that is used again gives the same parameters.
Value encoder(ModelBuilder& model, const Scope& scope, Value x) {
  const PretrainedConfig& config = model.config();
  const auto layers = config.get<std::int64_t>("num_hidden_layers");
  const auto groups = config.get<std::int64_t>("num_hidden_groups");
  const auto inner_layers = config.get<std::int64_t>("inner_group_num");
  if (groups < 1 || groups > layers) {
    throw Error(ErrorCode::kInvalidArgument,
                concat("The config's num_hidden_groups is ", groups,
                       "; a number from 1 to num_hidden_layers (", layers, ") was expected."));
  }
  x = nn::linear(scope["embedding_hidden_mapping_in"], x, config.get<std::int64_t>("hidden_size"));
  model.hidden_state(x);
  for (std::int64_t i = 0; i < layers; ++i) {
    const std::int64_t number = i * groups / layers;
    const Scope group = scope["albert_layer_groups"][number];
    for (std::int64_t j = 0; j < inner_layers; ++j) {
      x = layer(model, group["albert_layers"][j], x, number * inner_layers + j);
      model.hidden_state(x);
    }
  }
  return x;
}

void build(ModelBuilder& model) {
  const PretrainedConfig& config = model.config();
  const Scope albert = model.root()["albert"];

  const Value positions =
      nn::column_positions(albert, config.get<std::int64_t>("max_position_embeddings"));
  Value x = bert_embeddings(model, albert["embeddings"], positions,
                            config.get<std::int64_t>("embedding_size"));
  x = encoder(model, albert["encoder"], x);

  x = nn::linear(albert["pooler"], nn::first_token(albert, x),
                 config.get<std::int64_t>("hidden_size"));
  x = nn::activation(albert, x, "tanh");
  x = nn::dropout(albert, x, config.get<double>("classifier_dropout_prob"));
  model.logits(nn::linear(model.root()["classifier"], x, model.num_labels()));
}

}  // namespace

extern const Family albert_family;
const Family albert_family{"albert", kBertArguments, &build, &max_position_embeddings};

}  // namespace verdict::models

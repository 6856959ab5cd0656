// DistilBERT: Sanh et al. 2019, https://arxiv.org/abs/1910.01108. Reference: transformers,
// DistilBertForSequenceClassification.
#include <array>
#include <string>

#include "verdict/models/family.h"
#include "verdict/nn/inputs.h"

namespace verdict::models {

namespace {

constexpr std::array<std::string_view, 2> kArguments{"input_ids", "position_ids"};
constexpr double kLayerNormEps = 1e-12;

Value embeddings(const ModelBuilder& model, const Scope& scope) {
  const PretrainedConfig& config = model.config();
  const auto hidden = config.get<std::int64_t>("hidden_size");
  const auto vocab_size = config.get<std::int64_t>("vocab_size");
  const auto positions = config.get<std::int64_t>("max_position_embeddings");

  const Value words =
      nn::embedding(scope["word_embeddings"], nn::input_ids(scope, vocab_size), vocab_size, hidden,
                    config.get_or<std::int64_t>("pad_token_id", -1));
  const Value position_ids = nn::column_positions(scope, positions);
  const Scope position_scope = scope["position_embeddings"];
  const Value position_embeddings =
      config.get<bool>("sinusoidal_pos_embds")
          ? nn::sinusoidal_embedding(position_scope, position_ids, positions, hidden)
          : nn::embedding(position_scope, position_ids, positions, hidden);
  const Value sum = nn::add(scope, words, position_embeddings);
  return nn::dropout(scope, nn::layer_norm(scope["LayerNorm"], sum, kLayerNormEps),
                     config.get<double>("dropout"));
}

Value layer(ModelBuilder& model, const Scope& scope, Value x) {
  const PretrainedConfig& config = model.config();
  const auto hidden = config.get<std::int64_t>("hidden_size");

  const Scope self = scope["attention"];
  const auto attention =
      nn::self_attention(self, x, config.get<std::int64_t>("num_attention_heads"),
                         config.get<double>("attention_dropout"), {"q_lin", "k_lin", "v_lin"});
  model.attention(attention.probabilities);
  Value y = nn::linear(self["out_lin"], attention.context, hidden);
  x = nn::layer_norm(scope["sa_layer_norm"], nn::add(scope, y, x), kLayerNormEps);

  y = nn::linear(scope["ffn"]["lin1"], x, config.get<std::int64_t>("intermediate_size"));
  y = nn::activation(scope, y, config.get<std::string>("activation"));
  y = nn::dropout(scope, nn::linear(scope["ffn"]["lin2"], y, hidden),
                  config.get<double>("dropout"));
  return nn::layer_norm(scope["output_layer_norm"], nn::add(scope, y, x), kLayerNormEps);
}

void build(ModelBuilder& model) {
  const PretrainedConfig& config = model.config();
  const Scope distilbert = model.root()["distilbert"];

  Value x = embeddings(model, distilbert["embeddings"]);
  model.hidden_state(x);
  const auto layers = config.get<std::int64_t>("num_hidden_layers");
  for (std::int64_t i = 0; i < layers; ++i) {
    x = layer(model, distilbert["transformer"]["layer"][i], x);
    model.hidden_state(x);
  }

  const Scope root = model.root();
  x = nn::linear(root["pre_classifier"], nn::first_token(root, x),
                 config.get<std::int64_t>("hidden_size"));
  x = nn::dropout(root, nn::activation(root, x, "relu"), config.get<double>("seq_classif_dropout"));
  model.logits(nn::linear(root["classifier"], x, model.num_labels()));
}

}  // namespace

extern const Family distilbert_family;
const Family distilbert_family{"distilbert", kArguments, &build, &max_position_embeddings};

}  // namespace verdict::models

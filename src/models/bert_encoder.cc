#include "verdict/models/bert_encoder.h"

#include <string>

#include "verdict/nn/inputs.h"

namespace verdict::models {

namespace {

Value bert_layer(ModelBuilder& model, const Scope& scope, Value x) {
  const PretrainedConfig& config = model.config();
  const auto hidden = config.get<std::int64_t>("hidden_size");
  const auto eps = config.get<double>("layer_norm_eps");
  const auto dropout = config.get<double>("hidden_dropout_prob");

  const auto attention = nn::self_attention(scope["attention"]["self"], x,
                                            config.get<std::int64_t>("num_attention_heads"),
                                            config.get<double>("attention_probs_dropout_prob"));
  model.attention(attention.probabilities);
  const Scope attention_output = scope["attention"]["output"];
  Value y =
      nn::dropout(scope, nn::linear(attention_output["dense"], attention.context, hidden), dropout);
  x = nn::layer_norm(attention_output["LayerNorm"], nn::add(scope, y, x), eps);

  y = nn::linear(scope["intermediate"]["dense"], x, config.get<std::int64_t>("intermediate_size"));
  y = nn::activation(scope, y, config.get<std::string>("hidden_act"));
  y = nn::dropout(scope, nn::linear(scope["output"]["dense"], y, hidden), dropout);
  return nn::layer_norm(scope["output"]["LayerNorm"], nn::add(scope, y, x), eps);
}

}  // namespace

Value bert_embeddings(const ModelBuilder& model, const Scope& scope, Value position_ids,
                      std::int64_t size) {
  const PretrainedConfig& config = model.config();
  const auto vocab_size = config.get<std::int64_t>("vocab_size");
  const auto type_vocab_size = config.get<std::int64_t>("type_vocab_size");
  const auto pad_token_id = config.get_or<std::int64_t>("pad_token_id", -1);

  const Value words = nn::embedding(scope["word_embeddings"], nn::input_ids(scope, vocab_size),
                                    vocab_size, size, pad_token_id);
  const Value types = nn::embedding(scope["token_type_embeddings"],
                                    nn::optional_input(scope, "token_type_ids", type_vocab_size, 0),
                                    type_vocab_size, size);
  const Value positions = nn::embedding(scope["position_embeddings"], position_ids,
                                        config.get<std::int64_t>("max_position_embeddings"), size);
  const Value sum = nn::add(scope, nn::add(scope, words, types), positions);
  const Value normalised =
      nn::layer_norm(scope["LayerNorm"], sum, config.get<double>("layer_norm_eps"));
  return nn::dropout(scope, normalised, config.get<double>("hidden_dropout_prob"));
}

Value bert_encoder(ModelBuilder& model, const Scope& scope, Value hidden_states) {
  model.hidden_state(hidden_states);
  const auto layers = model.config().get<std::int64_t>("num_hidden_layers");
  for (std::int64_t i = 0; i < layers; ++i) {
    hidden_states = bert_layer(model, scope["layer"][i], hidden_states);
    model.hidden_state(hidden_states);
  }
  return hidden_states;
}

Value dense_head(const ModelBuilder& model, const Scope& scope, Value last,
                 std::string_view activation) {
  const double dropout = classifier_dropout(model.config());
  Value x = nn::dropout(scope, nn::first_token(scope, last), dropout);
  x = nn::linear(scope["dense"], x, model.config().get<std::int64_t>("hidden_size"));
  x = nn::dropout(scope, nn::activation(scope, x, activation), dropout);
  return nn::linear(scope["out_proj"], x, model.num_labels());
}

double classifier_dropout(const PretrainedConfig& config) {
  return config.get_or<double>("classifier_dropout", config.get<double>("hidden_dropout_prob"));
}

}  // namespace verdict::models

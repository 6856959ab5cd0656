#include "verdict/models/gpt2_decoder.h"

#include <cmath>
#include <string>

#include "verdict/nn/inputs.h"

namespace verdict::models {

namespace {

Value block(ModelBuilder& model, const Gpt2Variant& variant, const Scope& scope, std::int64_t layer,
            Value x) {
  const PretrainedConfig& config = model.config();
  const auto hidden = config.get<std::int64_t>("hidden_size");
  const auto eps = config.get<double>("layer_norm_epsilon");
  const auto dropout = config.get<double>(variant.residual_dropout);

  Value y = nn::layer_norm(scope["ln_1"], x, eps);
  y = variant.attention(model, variant, scope["attn"], layer, y);
  x = nn::add(scope, nn::dropout(scope, y, dropout), x);

  const Scope mlp = scope["mlp"];
  const auto inner = config.get_or<std::int64_t>("intermediate_size", 4 * hidden);
  y = nn::linear(mlp["c_fc"], nn::layer_norm(scope["ln_2"], x, eps), inner, variant.linear);
  y = nn::activation(mlp, y, config.get<std::string>("activation_function"));
  y = nn::linear(residual_scope(model, variant, mlp["c_proj"]), y, hidden, variant.linear);
  return nn::add(scope, nn::dropout(scope, y, dropout), x);
}

}  // namespace

Scope residual_scope(const ModelBuilder& model, const Gpt2Variant& variant, const Scope& scope) {
  if (!variant.scales_residual_weights) return scope;
  const auto layers = model.config().get<std::int64_t>("num_hidden_layers");
  return scope.with_deviation(scope.initializer_range() /
                              std::sqrt(2 * static_cast<double>(layers)));
}

void build_gpt2(ModelBuilder& model, const Gpt2Variant& variant) {
  const PretrainedConfig& config = model.config();
  const auto hidden = config.get<std::int64_t>("hidden_size");
  const auto vocab_size = config.get<std::int64_t>("vocab_size");
  const auto positions = max_position_embeddings(config);
  const Scope scope = model.root()["transformer"];

  Value x = nn::embedding(scope["wte"], nn::input_ids(scope, vocab_size), vocab_size, hidden);
  x = nn::add(
      scope, x,
      nn::embedding(scope["wpe"], nn::column_positions(scope, positions), positions, hidden));
  x = nn::dropout(scope, x, config.get<double>(variant.embedding_dropout));
  const auto layers = config.get<std::int64_t>("num_hidden_layers");
  for (std::int64_t i = 0; i < layers; ++i) {
    model.hidden_state(x);
    x = block(model, variant, scope["h"][i], i, x);
  }
  x = nn::layer_norm(scope["ln_f"], x, config.get<double>("layer_norm_epsilon"));
  model.hidden_state(x);
  const Value pooled =
      nn::last_unpadded_token(scope, x, config.get_or<std::int64_t>("pad_token_id", -1));
  model.logits(nn::linear(model.root()["score"], pooled, model.num_labels(), {.bias = false}));
}

}  // namespace verdict::models

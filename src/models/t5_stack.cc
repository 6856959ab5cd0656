#include "verdict/models/t5_stack.h"

#include <cmath>
#include <utility>

#include "verdict/base/strings.h"
#include "verdict/nn/inputs.h"

namespace verdict::models {

namespace {

constexpr nn::LinearOptions kNoBias{.bias = false};

class Stack {
 public:
  Stack(ModelBuilder& model, bool bias_by_layer, std::string side)
      : model_(model),
        config_(model.config()),
        bias_by_layer_(bias_by_layer),
        side_(std::move(side)),
        scope_(model.root()["transformer"][side_]),
        hidden_(config_.get<std::int64_t>("hidden_size")),
        factor_(config_.get<double>("initializer_factor")),
        dropout_(config_.get<double>("dropout_rate")) {}

  Value operator()(Value ids, std::optional<Value> encoded) {
    const auto vocab_size = config_.get<std::int64_t>("vocab_size");
    auto layers = config_.get<std::int64_t>("num_hidden_layers");
    if (encoded) layers = config_.get_or<std::int64_t>("num_decoder_layers", layers);

    const Scope shared = model_.root()["transformer"]["shared"].with_deviation(factor_);
    Value x = nn::dropout(scope_, nn::embedding(shared, ids, vocab_size, hidden_), dropout_);
    for (std::int64_t i = 0; i < layers; ++i) {
      model_.state(concat(side_, "_hidden_states"), x);
      const Scope block = scope_["block"][i]["layer"];
      x = residual(block[0], x, [&](Value y) { return self_attention(block[0], i, y, !encoded); });
      if (encoded) {
        x = residual(block[1], x, [&](Value y) { return cross_attention(block[1], y, *encoded); });
      }
      const Scope feed_forward_scope = block[encoded ? 2 : 1];
      x = residual(feed_forward_scope, x,
                   [&](Value y) { return feed_forward(feed_forward_scope["DenseReluDense"], y); });
    }
    x = nn::dropout(scope_, norm(scope_["final_layer_norm"], x), dropout_);
    model_.state(concat(side_, "_hidden_states"), x);
    return x;
  }

 private:
  Value norm(const Scope& scope, Value x) const {
    return nn::rms_norm(scope, x, config_.get<double>("layer_norm_epsilon"), {.start = factor_});
  }

  template <typename SubLayer>
  Value residual(const Scope& scope, Value x, const SubLayer& sub_layer) const {
    const Value y = sub_layer(norm(scope["layer_norm"], x));
    return nn::add(scope, nn::dropout(scope, y, dropout_), x);
  }

  /// A scope whose new weights vary as 1 / √fan_in, times initializer_factor.
  Scope by_fan_in(const Scope& scope, std::int64_t fan_in) const {
    return scope.with_deviation(factor_ / std::sqrt(static_cast<double>(fan_in)));
  }

  nn::Attention attention(const Scope& scope, Value x, Value memory) const {
    const auto heads = config_.get<std::int64_t>("num_attention_heads");
    const auto size = config_.get<std::int64_t>("head_dim");
    const Value query = nn::linear(by_fan_in(scope["q"], hidden_ * size), x, heads * size, kNoBias);
    const Value key = nn::linear(by_fan_in(scope["k"], hidden_), memory, heads * size, kNoBias);
    const Value value = nn::linear(by_fan_in(scope["v"], hidden_), memory, heads * size, kNoBias);
    return {scope,
            query,
            key,
            value,
            {.heads = heads, .head_size = size, .scale = 1, .dropout = dropout_}};
  }

  Value output(const Scope& scope, std::string_view group, const nn::Attention& attention) const {
    const nn::AttentionResult result = attention.result();
    model_.state(group, result.probabilities);
    const std::int64_t inner = scope.graph().columns(result.context);
    return nn::linear(by_fan_in(scope["o"], inner), result.context, hidden_, kNoBias);
  }

  Value self_attention(const Scope& layer, std::int64_t i, Value x, bool bidirectional) const {
    const Scope scope = layer["SelfAttention"];
    const auto buckets = config_.get<std::int64_t>("relative_attention_num_buckets");
    const Scope owner =
        bias_by_layer_ || i == 0 ? scope : scope_["block"][0]["layer"][0]["SelfAttention"];
    const Scope bias = by_fan_in(owner["relative_attention_bias"], hidden_);
    const Value table =
        nn::table(bias, "weight", {buckets, config_.get<std::int64_t>("num_attention_heads")},
                  bias.weight_initializer());
    const Value columns = nn::token_columns(scope);
    nn::Attention op = attention(scope, x, x);
    op.bias(table, columns, columns,
            nn::t5_buckets(buckets, config_.get<std::int64_t>("relative_attention_max_distance"),
                           bidirectional));
    if (!bidirectional && is_causal(config_)) op.causal(columns);
    return output(scope, concat(side_, "_attentions"), op);
  }

  Value cross_attention(const Scope& layer, Value x, Value encoded) const {
    const Scope scope = layer["EncDecAttention"];
    return output(scope, "cross_attentions", attention(scope, x, encoded));
  }

  Value feed_forward(const Scope& scope, Value x) const {
    const auto inner = config_.get<std::int64_t>("intermediate_size");
    const auto activation = config_.get<std::string>("dense_act_fn");
    const bool is_gated = config_.get<bool>("is_gated_act");
    const Scope gate = by_fan_in(scope[is_gated ? "wi_0" : "wi"], hidden_);
    Value y = nn::activation(scope, nn::linear(gate, x, inner, kNoBias), activation);
    if (is_gated) {
      y = nn::multiply(scope, y, nn::linear(by_fan_in(scope["wi_1"], hidden_), x, inner, kNoBias));
    }
    return nn::linear(by_fan_in(scope["wo"], inner), nn::dropout(scope, y, dropout_), hidden_,
                      kNoBias);
  }

  ModelBuilder& model_;
  const PretrainedConfig& config_;
  bool bias_by_layer_;
  std::string side_;
  Scope scope_;
  std::int64_t hidden_;
  double factor_;
  double dropout_;
};

}  // namespace

Value t5_stack(ModelBuilder& model, bool bias_by_layer, std::string side, Value ids,
               std::optional<Value> encoded) {
  return Stack(model, bias_by_layer, std::move(side))(ids, encoded);
}

}  // namespace verdict::models

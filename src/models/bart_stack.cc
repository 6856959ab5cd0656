#include "verdict/models/bart_stack.h"

#include <cmath>
#include <span>
#include <utility>
#include <vector>

#include "verdict/base/strings.h"
#include "verdict/nn/inputs.h"

namespace verdict::models {

namespace {

constexpr double kLayerNormEps = 1e-5;

class Stack {
 public:
  Stack(ModelBuilder& model, const BartVariant& variant, std::string side)
      : model_(model),
        config_(model.config()),
        variant_(variant),
        side_(std::move(side)),
        scope_(model.root()["model"][side_]),
        hidden_(config_.get<std::int64_t>("hidden_size")),
        dropout_(config_.get<double>("dropout")) {}

  Value operator()(Value ids, Value positions, std::optional<Value> encoded) {
    const bool prompted =
        variant_.prompts && config_.get<bool>(encoded ? "use_prompt" : "use_encoder_prompt");
    const auto layers = config_.get<std::int64_t>(concat(side_, "_layers"));
    std::vector<Value> self_prompts, cross_prompts;
    if (prompted) self_prompts = prompts(scope_["self_attn_prompt"], layers);
    if (prompted && encoded) cross_prompts = prompts(scope_["cross_attn_prompt"], layers);

    Value x = embeddings(ids, positions);
    for (std::int64_t i = 0; i < layers; ++i) {
      model_.state(concat(side_, "_hidden_states"), x);
      const Scope layer = scope_["layers"][i];
      x = residual(layer["self_attn_layer_norm"], x, [&](Value y) {
        return attention(layer["self_attn"], y, y, pair(self_prompts, i),
                         concat(side_, "_attentions"), encoded.has_value());
      });
      if (encoded) {
        x = residual(layer["encoder_attn_layer_norm"], x, [&](Value y) {
          return attention(layer["encoder_attn"], y, *encoded, pair(cross_prompts, i),
                           "cross_attentions", false);
        });
      }
      x = residual(layer["final_layer_norm"], x, [&](Value y) { return feed_forward(layer, y); });
    }
    if (variant_.pre_norm) x = nn::layer_norm(scope_["layer_norm"], x, kLayerNormEps);
    model_.state(concat(side_, "_hidden_states"), x);
    return x;
  }

 private:
  Value embeddings(Value ids, Value positions) const {
    const auto limit = config_.get<std::int64_t>("max_position_embeddings") + kBartPositionOffset;
    Value x = nn::embedding(model_.root()["model"]["shared"], ids,
                            config_.get<std::int64_t>("vocab_size"), hidden_,
                            config_.get_or<std::int64_t>("pad_token_id", -1));
    if (config_.get<bool>("scale_embedding"))
      x = nn::scale(scope_, x, std::sqrt(static_cast<double>(hidden_)));
    x = nn::add(scope_, x, nn::embedding(scope_["embed_positions"], positions, limit, hidden_));
    x = nn::layer_norm(scope_["layernorm_embedding"], x, kLayerNormEps);
    return nn::dropout(scope_, x, dropout_);
  }

  /// A key and a value a layer, [shared prompt_length, hidden] each.
  std::vector<Value> prompts(const Scope& scope, std::int64_t layers) const {
    Value x = nn::table(scope["prompt_embedding"], "weight",
                        {config_.get<std::int64_t>("prompt_length"), hidden_},
                        scope.weight_initializer());
    const Scope mixer = scope["prompt_trans"];
    x = nn::linear(mixer[0], x, config_.get<std::int64_t>("prompt_mid_dim"));
    const std::vector<std::int64_t> sizes(static_cast<std::size_t>(2 * layers), hidden_);
    std::vector<Value> out = nn::fused_linear(mixer[2], nn::activation(mixer, x, "gelu"), sizes);
    for (Value& value : out) value = nn::dropout(scope, value, dropout_);
    return out;
  }

  static std::span<const Value> pair(std::span<const Value> prompts, std::int64_t layer) {
    return prompts.empty() ? prompts : prompts.subspan(static_cast<std::size_t>(2 * layer), 2);
  }

  template <typename SubLayer>
  Value residual(const Scope& norm, Value x, const SubLayer& sub_layer) const {
    Value y = sub_layer(variant_.pre_norm ? nn::layer_norm(norm, x, kLayerNormEps) : x);
    y = nn::add(norm, nn::dropout(norm, y, dropout_), x);
    return variant_.pre_norm ? y : nn::layer_norm(norm, y, kLayerNormEps);
  }

  Value attention(const Scope& scope, Value x, Value memory, std::span<const Value> prompt,
                  std::string_view group, bool causal) const {
    const auto heads = config_.get<std::int64_t>(concat(side_, "_attention_heads"));
    const Value query = nn::linear(scope["q_proj"], x, hidden_);
    Value key = nn::linear(scope["k_proj"], memory, hidden_);
    Value value = nn::linear(scope["v_proj"], memory, hidden_);
    if (!prompt.empty()) {
      key = nn::prepend_rows(scope, prompt[0], key);
      value = nn::prepend_rows(scope, prompt[1], value);
    }
    nn::Attention op(scope, query, key, value,
                     {.heads = heads,
                      .head_size = nn::head_size(hidden_, heads),
                      .dropout = config_.get<double>("attention_dropout")});
    if (causal && is_causal(config_)) {
      const Value columns = nn::token_columns(scope);
      const Value key_columns =
          prompt.empty()
              ? columns
              : nn::prefixed_token_columns(scope, config_.get<std::int64_t>("prompt_length"));
      op.window(columns, key_columns, std::nullopt, 0);
    }
    const nn::AttentionResult result = op.result();
    model_.state(group, result.probabilities);
    return nn::linear(scope["out_proj"], result.context, hidden_);
  }

  Value feed_forward(const Scope& layer, Value x) const {
    x = nn::linear(layer["fc1"], x, config_.get<std::int64_t>(concat(side_, "_ffn_dim")));
    x = nn::activation(layer, x, config_.get<std::string>("activation_function"));
    x = nn::dropout(layer, x, config_.get<double>("activation_dropout"));
    return nn::linear(layer["fc2"], x, hidden_);
  }

  ModelBuilder& model_;
  const PretrainedConfig& config_;
  BartVariant variant_;
  std::string side_;
  Scope scope_;
  std::int64_t hidden_;
  double dropout_;
};

}  // namespace

Value bart_stack(ModelBuilder& model, const BartVariant& variant, std::string side, Value ids,
                 Value position_ids, std::optional<Value> encoded) {
  return Stack(model, variant, std::move(side))(ids, position_ids, encoded);
}

}  // namespace verdict::models

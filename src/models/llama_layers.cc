#include "verdict/models/llama_layers.h"

#include <cmath>
#include <string>

#include "verdict/models/rope.h"
#include "verdict/nn/inputs.h"

namespace verdict::models {

namespace {

/// What all layers share.
struct Shared {
  LlamaTraits traits;
  std::int64_t heads;
  std::int64_t key_heads;
  std::int64_t head_size;
  std::int64_t window;  ///< of sliding layers: the distance of the farthest key that a query sees
  nlohmann::json layer_types;
  Value columns;
  std::map<std::string, Value> rope;  ///< by layer type
};

/// The distance of the farthest key that a query of a sliding layer sees.
std::int64_t window(const PretrainedConfig& config, const LlamaTraits& traits) {
  const auto size = config.get_or<std::int64_t>("sliding_window", 1);
  // The reference keeps half of it plus one, as a bound that `is_causal` false makes inclusive.
  if (traits.halved_window) return size / 2 + (is_causal(config) ? 0 : 1);
  return traits.bidirectional ? size : size - 1;
}

Value norm(const ModelBuilder& model, const Shared& shared, const Scope& scope, Value x,
           std::int64_t size = 0) {
  return nn::rms_norm(scope, x, model.config().get<double>("rms_norm_eps"),
                      {.weight_offset = shared.traits.gemma ? 1.0 : 0.0, .size = size});
}

Value attention(ModelBuilder& model, const Shared& shared, const Scope& scope, Value x,
                const std::string& layer_type) {
  const PretrainedConfig& config = model.config();
  const std::int64_t query_size = shared.heads * shared.head_size;
  const std::int64_t key_size = shared.key_heads * shared.head_size;
  const bool bias = config.get_or<bool>("attention_bias", false);
  std::vector<Value> qkv;
  if (shared.traits.fused) {
    qkv = nn::fused_linear(scope["qkv_proj"], x, std::array{query_size, key_size, key_size},
                           {.bias = false});
  } else {
    const nn::LinearOptions options{.bias = bias || shared.traits.query_bias};
    qkv = {nn::linear(scope["q_proj"], x, query_size, options),
           nn::linear(scope["k_proj"], x, key_size, options),
           nn::linear(scope["v_proj"], x, key_size, options)};
  }
  if (shared.traits.head_norms) {
    qkv[0] = norm(model, shared, scope["q_norm"], qkv[0], shared.head_size);
    qkv[1] = norm(model, shared, scope["k_norm"], qkv[1], shared.head_size);
  }
  const Value rope = shared.rope.at(layer_type);
  const Value query = nn::rotate(scope, qkv[0], rope, shared.heads, shared.head_size);
  const Value key = nn::rotate(scope, qkv[1], rope, shared.key_heads, shared.head_size);

  nn::Attention op(
      scope, query, key, qkv[2],
      {.heads = shared.heads,
       .head_size = shared.head_size,
       .key_heads = shared.key_heads,
       .scale = 1 / std::sqrt(config.get_or<double>("query_pre_attn_scalar",
                                                    static_cast<double>(shared.head_size))),
       .dropout = config.get<double>("attention_dropout"),
       .softcap = shared.traits.softcap ? config.get_or<double>("attn_logit_softcapping", 0) : 0});
  std::optional<std::int64_t> left;
  if (layer_type == "sliding_attention") left = shared.window;
  const auto right = shared.traits.bidirectional ? left : std::optional<std::int64_t>(0);
  if (left || right) op.window(shared.columns, shared.columns, left, right);
  const auto result = op.result();
  model.attention(result.probabilities);
  return nn::linear(scope["o_proj"], result.context, model.hidden_size(),
                    {.bias = bias && !shared.traits.fused});
}

Value feed_forward(const ModelBuilder& model, const Shared& shared, const Scope& scope, Value x) {
  const PretrainedConfig& config = model.config();
  const auto size = config.get<std::int64_t>("intermediate_size");
  const nn::LinearOptions options{.bias = config.get_or<bool>("mlp_bias", false)};
  std::vector<Value> gate_up;
  if (shared.traits.fused) {
    gate_up = nn::fused_linear(scope["gate_up_proj"], x, std::array{size, size}, options);
  } else {
    gate_up = {nn::linear(scope["gate_proj"], x, size, options),
               nn::linear(scope["up_proj"], x, size, options)};
  }
  const Value gate = nn::activation(scope, gate_up[0], config.get<std::string>("hidden_act"));
  return nn::linear(scope["down_proj"], nn::multiply(scope, gate, gate_up[1]), model.hidden_size(),
                    options);
}

Value layer(ModelBuilder& model, const Shared& shared, const Scope& scope, Value x,
            const std::string& layer_type) {
  const double dropout = model.config().get_or<double>("resid_pdrop", 0);
  const bool after = shared.traits.norms_after;
  Value y = norm(model, shared, scope["input_layernorm"], x);
  y = attention(model, shared, scope["self_attn"], y, layer_type);
  if (after) y = norm(model, shared, scope["post_attention_layernorm"], y);
  x = nn::add(scope, nn::dropout(scope, y, dropout), x);

  y = norm(model, shared, scope[after ? "pre_feedforward_layernorm" : "post_attention_layernorm"],
           x);
  y = feed_forward(model, shared, scope["mlp"], y);
  if (after) y = norm(model, shared, scope["post_feedforward_layernorm"], y);
  return nn::add(scope, nn::dropout(scope, y, dropout), x);
}

}  // namespace

Value llama_layers(ModelBuilder& model, const Scope& base, const LlamaTraits& traits) {
  const PretrainedConfig& config = model.config();
  Shared shared{};
  shared.traits = traits;
  shared.heads = config.get<std::int64_t>("num_attention_heads");
  shared.key_heads = config.get_or<std::int64_t>("num_key_value_heads", shared.heads);
  shared.head_size = config.has("head_dim") ? config.get<std::int64_t>("head_dim")
                                            : nn::head_size(model.hidden_size(), shared.heads);
  shared.window = window(config, traits);
  shared.layer_types = config.get<nlohmann::json>("layer_types");
  shared.columns = nn::token_columns(base);
  for (const std::string type : shared.layer_types) {
    if (!shared.rope.contains(type))
      shared.rope.emplace(type, rope_table(model, base, shared.head_size, type));
  }

  const auto vocab_size = config.get<std::int64_t>("vocab_size");
  Value x = nn::embedding(base["embed_tokens"], nn::input_ids(base, vocab_size), vocab_size,
                          model.hidden_size(), config.get_or<std::int64_t>("pad_token_id", -1));
  if (traits.gemma) x = nn::scale(base, x, std::sqrt(static_cast<double>(model.hidden_size())));
  for (std::size_t i = 0; i < shared.layer_types.size(); ++i) {
    model.hidden_state(x);
    x = layer(model, shared, base["layers"][static_cast<std::int64_t>(i)], x,
              shared.layer_types[i]);
  }
  x = norm(model, shared, base["norm"], x);
  model.hidden_state(x);
  return x;
}

}  // namespace verdict::models

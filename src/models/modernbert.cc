// ModernBERT: Warner et al. 2024, https://arxiv.org/abs/2412.13663. Reference: transformers,
// ModernBertForSequenceClassification.
#include <array>
#include <cmath>
#include <map>
#include <string>

#include "verdict/models/llama_layers.h"
#include "verdict/models/pooling.h"
#include "verdict/models/rope.h"
#include "verdict/nn/inputs.h"

namespace verdict::models {

namespace {

Value norm(const ModelBuilder& model, const Scope& scope, Value x) {
  return nn::layer_norm(scope, x, model.config().get<double>("norm_eps"),
                        model.config().get<bool>("norm_bias"));
}

/// The scope with the deviation of layers that write into the residual stream.
Scope output_scope(const ModelBuilder& model, const Scope& scope) {
  const auto layers = static_cast<double>(model.config().get<std::int64_t>("num_hidden_layers"));
  return scope.with_deviation(scope.initializer_range() / std::sqrt(2 * layers));
}

Value attention(ModelBuilder& model, const Scope& scope, Value x, Value rope, Value columns,
                std::optional<std::int64_t> window) {
  const PretrainedConfig& config = model.config();
  const std::int64_t hidden = model.hidden_size();
  const auto heads = config.get<std::int64_t>("num_attention_heads");
  const std::int64_t head_size = nn::head_size(hidden, heads);
  const auto dropout = config.get<double>("attention_dropout");
  const nn::LinearOptions options{.bias = config.get<bool>("attention_bias")};
  const auto qkv = nn::fused_linear(scope["Wqkv"], x, std::array{hidden, hidden, hidden}, options);
  nn::Attention op(scope, nn::rotate(scope, qkv[0], rope, heads, head_size),
                   nn::rotate(scope, qkv[1], rope, heads, head_size), qkv[2],
                   {.heads = heads, .head_size = head_size, .dropout = dropout});
  if (window) op.window(columns, columns, window, window);
  const auto result = op.result();
  model.attention(result.probabilities);
  const Value out = nn::linear(output_scope(model, scope)["Wo"], result.context, hidden, options);
  return nn::dropout(scope, out, dropout);
}

Value feed_forward(const ModelBuilder& model, const Scope& scope, Value x) {
  const PretrainedConfig& config = model.config();
  const auto size = config.get<std::int64_t>("intermediate_size");
  const nn::LinearOptions options{.bias = config.get<bool>("mlp_bias")};
  const auto parts = nn::fused_linear(scope["Wi"], x, std::array{size, size}, options);
  Value y = nn::activation(scope, parts[0], config.get<std::string>("hidden_activation"));
  y = nn::dropout(scope, nn::multiply(scope, y, parts[1]), config.get<double>("mlp_dropout"));
  return nn::linear(output_scope(model, scope)["Wo"], y, model.hidden_size(), options);
}

void build(ModelBuilder& model) {
  const PretrainedConfig& config = model.config();
  const Scope root =
      model.root().with_cutoff(config.get_or<double>("initializer_cutoff_factor", 3));
  const Scope base = root["model"];
  const auto heads = config.get<std::int64_t>("num_attention_heads");
  const auto vocab_size = config.get<std::int64_t>("vocab_size");

  const Scope embeddings = base["embeddings"];
  Value x = nn::embedding(embeddings["tok_embeddings"], nn::input_ids(base, vocab_size), vocab_size,
                          model.hidden_size());
  x = nn::dropout(base, norm(model, embeddings["norm"], x),
                  config.get<double>("embedding_dropout"));

  const Value columns = nn::token_columns(base);
  const std::int64_t head_size = nn::head_size(model.hidden_size(), heads);
  const auto layer_types = config.get<nlohmann::json>("layer_types");
  std::map<std::string, Value> rope;
  for (std::size_t i = 0; i < layer_types.size(); ++i) {
    model.hidden_state(x);
    const std::string type = layer_types[i];
    if (!rope.contains(type)) rope.emplace(type, rope_table(model, base, head_size, type));
    std::optional<std::int64_t> window;
    if (type == "sliding_attention") window = config.get<std::int64_t>("local_attention") / 2;
    const Scope layer = base["layers"][static_cast<std::int64_t>(i)];
    // The embeddings are normalised already.
    const Value y = i == 0 ? x : norm(model, layer["attn_norm"], x);
    x = nn::add(layer, x, attention(model, layer["attn"], y, rope.at(type), columns, window));
    x = nn::add(layer, x, feed_forward(model, layer["mlp"], norm(model, layer["mlp_norm"], x)));
  }
  x = norm(model, base["final_norm"], x);
  model.hidden_state(x);

  const Scope head = root["head"];
  x = nn::linear(output_scope(model, head)["dense"], classifier_pooling(model, root, x),
                 model.hidden_size(), {.bias = config.get<bool>("classifier_bias")});
  x = nn::activation(head, x, config.get<std::string>("classifier_activation"));
  x = nn::dropout(head, norm(model, head["norm"], x), config.get<double>("classifier_dropout"));
  const double deviation = 1 / std::sqrt(static_cast<double>(model.hidden_size()));
  model.logits(nn::linear(root["classifier"].with_deviation(deviation), x, model.num_labels()));
}

}  // namespace

extern const Family modernbert_family;
const Family modernbert_family{"model", kRotaryArguments, &build};

}  // namespace verdict::models

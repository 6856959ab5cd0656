// XLM: Lample and Conneau 2019, https://arxiv.org/abs/1901.07291; FlauBERT (Le et al. 2019,
// https://arxiv.org/abs/1912.05372) may normalise before each block. Reference: transformers,
// XLMForSequenceClassification and FlaubertForSequenceClassification.
#include <array>

#include "verdict/base/error.h"
#include "verdict/models/sequence_summary.h"
#include "verdict/models/xlm_inputs.h"
#include "verdict/nn/inputs.h"

namespace verdict::models {

namespace {

constexpr std::array<std::string_view, 4> kArguments{"input_ids", "langs", "token_type_ids",
                                                     "position_ids"};

Value attention(ModelBuilder& model, const Scope& scope, Value x, const XlmPadding& padding) {
  const PretrainedConfig& config = model.config();
  const std::int64_t hidden = model.hidden_size();
  const auto heads = config.get<std::int64_t>("num_attention_heads");
  nn::Attention attention(scope, nn::linear(scope["q_lin"], x, hidden),
                          nn::linear(scope["k_lin"], x, hidden),
                          nn::linear(scope["v_lin"], x, hidden),
                          {.heads = heads,
                           .head_size = nn::head_size(hidden, heads),
                           .dropout = config.get<double>("attention_dropout")});
  if (config.get<bool>("causal")) {
    attention.causal(nn::token_columns(scope));
  } else {
    attention.window(padding.queries, padding.keys, std::nullopt, 0);
  }
  const nn::AttentionResult result = attention.result();
  model.attention(result.probabilities);
  return nn::dropout(scope, nn::linear(scope["out_lin"], result.context, hidden),
                     config.get<double>("dropout"));
}

Value feed_forward(const ModelBuilder& model, const Scope& scope, Value x) {
  const PretrainedConfig& config = model.config();
  x = nn::linear(scope["lin1"], x, 4 * model.hidden_size());
  x = nn::activation(scope, x, config.get<bool>("gelu_activation") ? "gelu" : "relu");
  x = nn::linear(scope["lin2"], x, model.hidden_size());
  return nn::dropout(scope, x, config.get<double>("dropout"));
}

Value layer(ModelBuilder& model, const Scope& scope, std::int64_t i, Value x,
            const XlmPadding& padding) {
  const bool before = model.config().get_or<bool>("pre_norm", false);
  const auto norm = [&](std::string_view name, Value value) {
    return nn::layer_norm(scope[name][i], value, model.config().get<double>("layer_norm_eps"));
  };
  Value y = before ? norm("layer_norm1", x) : x;
  x = nn::add(scope, x, attention(model, scope["attentions"][i], y, padding));
  if (!before) x = norm("layer_norm1", x);
  y = before ? norm("layer_norm2", x) : x;
  x = nn::add(scope, x, feed_forward(model, scope["ffns"][i], y));
  if (!before) x = norm("layer_norm2", x);
  return nn::multiply(scope, x, padding.factors);
}

void build(ModelBuilder& model) {
  const PretrainedConfig& config = model.config();
  if (!config.get<bool>("is_encoder")) {
    throw Error(ErrorCode::kUnsupported,
                "The config's is_encoder is false, which is not supported; true was expected.");
  }
  const Scope transformer = model.root()["transformer"];
  const XlmPadding padding = xlm_padding(model, transformer);
  Value x = nn::multiply(transformer, xlm_embeddings(model, transformer), padding.factors);
  model.hidden_state(x);
  const auto layers = config.get<std::int64_t>("num_hidden_layers");
  for (std::int64_t i = 0; i < layers; ++i) {
    x = layer(model, transformer, i, x, padding);
    model.hidden_state(x);
  }
  // The summary is the classifier.
  if (!config.get<bool>("summary_use_proj") || !config.get<bool>("summary_proj_to_labels")) {
    throw Error(ErrorCode::kInvalidArgument,
                "The config's summary_use_proj and summary_proj_to_labels must be true: without "
                "them the model has no classifier.");
  }
  model.logits(sequence_summary(model, model.root()["sequence_summary"], x));
}

}  // namespace

extern const Family xlm_family;
const Family xlm_family{"transformer", kArguments, &build, &max_position_embeddings};

}  // namespace verdict::models

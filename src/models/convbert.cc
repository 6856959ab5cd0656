// ConvBERT: Jiang et al. 2020, https://arxiv.org/abs/2008.02496; half of BERT's heads give way to
// convolutions whose kernels depend on spans of the input. Reference: transformers,
// ConvBertForSequenceClassification.
#include <algorithm>
#include <string>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"
#include "verdict/models/bert_encoder.h"
#include "verdict/nn/inputs.h"

namespace verdict::models {

namespace {

/// A convolution by channel, then one across channels; one bias for both.
Value separable_convolution(const Scope& scope, Value x, std::int64_t out, std::int64_t kernel) {
  const std::int64_t channels = scope.graph().columns(x);
  x = nn::convolution(scope["depthwise"], x, channels, kernel, {.groups = channels, .bias = false});
  x = nn::linear(scope["pointwise"], x, out, {.bias = false, .pointwise = true});
  return nn::add_parameter(scope, x, "bias", {out, 1}, graph::Initializer::zeros());
}

Value mixed_attention(ModelBuilder& model, const Scope& scope, Value x, std::int64_t) {
  const PretrainedConfig& config = model.config();
  const std::int64_t hidden = model.hidden_size();
  const auto ratio = config.get<std::int64_t>("head_ratio");
  const auto kernel = config.get<std::int64_t>("conv_kernel_size");
  const std::int64_t heads =
      std::max<std::int64_t>(1, config.get<std::int64_t>("num_attention_heads") / ratio);
  const std::int64_t size = nn::head_size(hidden, heads) / 2;
  const std::int64_t half = heads * size;
  if (2 * half != hidden) {
    throw Error(ErrorCode::kInvalidArgument,
                concat("The config's hidden_size ", hidden, " cannot be halved between ", heads,
                       " heads and as many convolutions."));
  }
  const Value query = nn::linear(scope["query"], x, half);
  const Value key = nn::linear(scope["key"], x, half);
  const Value value = nn::linear(scope["value"], x, half);
  const nn::AttentionResult attention =
      nn::Attention(scope, query, key, value,
                    {.heads = heads,
                     .head_size = size,
                     .dropout = config.get<double>("attention_probs_dropout_prob")})
          .result();
  model.attention(attention.probabilities);

  const Value spans = separable_convolution(scope["key_conv_attn_layer"], x, half, kernel);
  const Value kernels =
      nn::linear(scope["conv_kernel_layer"], nn::multiply(scope, spans, query), heads * kernel);
  const Value convolved = nn::dynamic_convolution(
      scope, nn::linear(scope["conv_out_layer"], x, half), kernels, heads, kernel);
  return nn::concat_columns(scope, {attention.context, convolved});
}

void build(ModelBuilder& model) {
  const PretrainedConfig& config = model.config();
  const auto embedding_size = config.get<std::int64_t>("embedding_size");
  const Scope convbert = model.root()["convbert"];

  const Value positions = nn::column_positions(convbert, max_position_embeddings(config));
  Value x = bert_embeddings(model, convbert["embeddings"], positions, embedding_size,
                            {.always_absolute = true});
  if (embedding_size != model.hidden_size())
    x = nn::linear(convbert["embeddings_project"], x, model.hidden_size());
  x = bert_encoder(model, convbert["encoder"], x,
                   {.self_attention = &mixed_attention,
                    .feed_forward_groups = config.get<std::int64_t>("num_groups")});
  model.logits(
      dense_head(model, model.root()["classifier"], x, config.get<std::string>("hidden_act")));
}

}  // namespace

extern const Family convbert_family;
const Family convbert_family{"convbert", kBertArguments, &build, &max_position_embeddings};

}  // namespace verdict::models

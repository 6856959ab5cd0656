// MPNet: Song et al. 2020, https://arxiv.org/abs/2004.09297. Reference: transformers,
// MPNetForSequenceClassification.
#include <array>
#include <string>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"
#include "verdict/models/bert_encoder.h"
#include "verdict/nn/inputs.h"

namespace verdict::models {

namespace {

constexpr std::array<std::string_view, 2> kArguments{"input_ids", "position_ids"};
/// Whatever pad_token_id says.
constexpr std::int32_t kPaddingIndex = 1;
/// Buckets that are used, whatever number the table has.
constexpr std::int64_t kBuckets = 32;
constexpr std::int64_t kMaxDistance = 128;

/// One table of biases for all layers.
struct Bias {
  Value table;  ///< [shared buckets, heads]
  Value columns;
};

Value embeddings(const ModelBuilder& model, const Scope& scope) {
  const PretrainedConfig& config = model.config();
  const auto vocab_size = config.get<std::int64_t>("vocab_size");
  const std::int64_t positions = max_position_embeddings(config);
  const Value words = nn::embedding(scope["word_embeddings"], nn::input_ids(scope, vocab_size),
                                    vocab_size, model.hidden_size(), kPaddingIndex);
  const Value position_embeddings = nn::embedding(
      scope["position_embeddings"], nn::token_count_positions(scope, positions, kPaddingIndex),
      positions, model.hidden_size(), kPaddingIndex);
  const Value x = nn::layer_norm(scope["LayerNorm"], nn::add(scope, words, position_embeddings),
                                 config.get<double>("layer_norm_eps"));
  return nn::dropout(scope, x, config.get<double>("hidden_dropout_prob"));
}

Bias relative_bias(const ModelBuilder& model, const Scope& scope) {
  const auto buckets = model.config().get<std::int64_t>("relative_attention_num_buckets");
  if (buckets < kBuckets) {
    throw Error(ErrorCode::kInvalidArgument,
                concat("The config's relative_attention_num_buckets is ", buckets, "; at least ",
                       kBuckets, " was expected."));
  }
  const auto heads = model.config().get<std::int64_t>("num_attention_heads");
  return {nn::table(scope["relative_attention_bias"], "weight", {buckets, heads},
                    scope.weight_initializer()),
          nn::token_columns(scope)};
}

Value layer(ModelBuilder& model, const Scope& scope, Value x, const Bias& bias) {
  const PretrainedConfig& config = model.config();
  const std::int64_t hidden = model.hidden_size();
  const auto heads = config.get<std::int64_t>("num_attention_heads");
  const auto eps = config.get<double>("layer_norm_eps");
  const auto dropout = config.get<double>("hidden_dropout_prob");

  const Scope self = scope["attention"]["attn"];
  nn::Attention attention(self, nn::linear(self["q"], x, hidden), nn::linear(self["k"], x, hidden),
                          nn::linear(self["v"], x, hidden),
                          {.heads = heads,
                           .head_size = nn::head_size(hidden, heads),
                           .dropout = config.get<double>("attention_probs_dropout_prob")});
  attention.bias(bias.table, bias.columns, bias.columns,
                 nn::t5_buckets(kBuckets, kMaxDistance, /*bidirectional=*/true));
  const nn::AttentionResult result = attention.result();
  model.attention(result.probabilities);
  Value y = nn::dropout(scope, nn::linear(self["o"], result.context, hidden), dropout);
  x = nn::layer_norm(scope["attention"]["LayerNorm"], nn::add(scope, y, x), eps);

  y = nn::linear(scope["intermediate"]["dense"], x, config.get<std::int64_t>("intermediate_size"));
  y = nn::activation(scope, y, config.get<std::string>("hidden_act"));
  y = nn::dropout(scope, nn::linear(scope["output"]["dense"], y, hidden), dropout);
  return nn::layer_norm(scope["output"]["LayerNorm"], nn::add(scope, y, x), eps);
}

void build(ModelBuilder& model) {
  const Scope mpnet = model.root()["mpnet"];
  const Scope encoder = mpnet["encoder"];
  Value x = embeddings(model, mpnet["embeddings"]);
  const Bias bias = relative_bias(model, encoder);
  model.hidden_state(x);
  const auto layers = model.config().get<std::int64_t>("num_hidden_layers");
  for (std::int64_t i = 0; i < layers; ++i) {
    x = layer(model, encoder["layer"][i], x, bias);
    model.hidden_state(x);
  }
  model.logits(dense_head(model, model.root()["classifier"], x, "tanh"));
}

std::int64_t max_length(const PretrainedConfig& config) {
  return max_counted_tokens(config, kPaddingIndex);
}

}  // namespace

extern const Family mpnet_family;
const Family mpnet_family{"mpnet", kArguments, &build, &max_length};

}  // namespace verdict::models

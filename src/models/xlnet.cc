// XLNet: Yang et al. 2019, https://arxiv.org/abs/1906.08237. Reference: transformers,
// XLNetForSequenceClassification.
#include <array>
#include <cmath>
#include <string>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"
#include "verdict/models/sequence_summary.h"
#include "verdict/nn/inputs.h"

namespace verdict::models {

namespace {

constexpr std::array<std::string_view, 2> kArguments{"input_ids", "token_type_ids"};
/// Segments are only compared, so any bound will do.
constexpr std::int64_t kSegments = 1 << 16;

/// What all layers share.
struct Inputs {
  Value distances;  ///< [distances, hidden]
  Value columns;
  Value segments;
};

Value relative_attention(ModelBuilder& model, const Scope& scope, const Inputs& inputs, Value x) {
  const PretrainedConfig& config = model.config();
  const auto hidden = config.get<std::int64_t>("hidden_size");
  const auto heads = config.get<std::int64_t>("num_attention_heads");
  const std::int64_t size = nn::head_size(hidden, heads);
  const auto dropout = config.get<double>("dropout");
  const double scale = 1 / std::sqrt(static_cast<double>(size));
  const std::vector<std::int64_t> shape{hidden, heads, size};
  const auto normal = scope.weight_initializer();
  const auto projected = [&](Value input, std::string_view name) {
    return nn::projection(scope, input, name, shape, /*transposed=*/true);
  };
  const Value query = projected(x, "q");
  const auto biased_query = [&](std::string_view bias) {
    return nn::add_parameter(scope, query, bias, {heads, size}, normal);
  };

  nn::Attention attention(scope, biased_query("r_w_bias"), projected(x, "k"), projected(x, "v"),
                          {.heads = heads, .head_size = size, .dropout = dropout});
  attention.query_term(
      biased_query("r_r_bias"), projected(inputs.distances, "r"), inputs.columns, inputs.columns,
      [](std::int32_t distance) { return distance; }, scale);
  attention.query_term(
      biased_query("r_s_bias"), nn::table(scope, "seg_embed", {2, heads, size}, normal),
      inputs.segments, inputs.segments,
      [](std::int32_t difference) { return difference == 0 ? 0 : 1; }, scale);
  if (config.get<std::string>("attn_type") == "uni") {
    std::optional<std::int64_t> left;
    if (config.get<bool>("same_length")) left = 0;
    attention.window(inputs.columns, inputs.columns, left, 0);
  }
  const nn::AttentionResult result = attention.result();
  model.attention(result.probabilities);
  const Value y = nn::projection(scope, result.context, "o", shape, /*transposed=*/false);
  return nn::layer_norm(scope["layer_norm"], nn::add(scope, nn::dropout(scope, y, dropout), x),
                        config.get<double>("layer_norm_eps"));
}

Value feed_forward(const ModelBuilder& model, const Scope& scope, Value x) {
  const PretrainedConfig& config = model.config();
  const auto dropout = config.get<double>("dropout");
  Value y = nn::linear(scope["layer_1"], x, config.get<std::int64_t>("intermediate_size"));
  y = nn::dropout(scope, nn::activation(scope, y, config.get<std::string>("ff_activation")),
                  dropout);
  y = nn::linear(scope["layer_2"], y, config.get<std::int64_t>("hidden_size"));
  return nn::layer_norm(scope["layer_norm"], nn::add(scope, nn::dropout(scope, y, dropout), x),
                        config.get<double>("layer_norm_eps"));
}

/// Refuses what the reference refuses, and what depends on a row's place in the batch.
void check(const PretrainedConfig& config) {
  const auto refuse = [](std::string_view what) {
    throw Error(ErrorCode::kInvalidArgument, concat("The config's ", what, "."));
  };
  const auto type = config.get<std::string>("attn_type");
  if (type != "bi" && type != "uni")
    refuse(concat("attn_type is \"", type, "\"; \"bi\" or \"uni\" was expected"));
  if (config.get<bool>("bi_data"))
    refuse("bi_data is true, which reads half of a batch backwards; false was expected");
  const auto hidden = config.get<std::int64_t>("hidden_size");
  const std::int64_t size = nn::head_size(hidden, config.get<std::int64_t>("num_attention_heads"));
  if (hidden % 2 != 0) refuse(concat("d_model is ", hidden, "; an even number was expected"));
  if (config.get_or<std::int64_t>("d_head", size) != size)
    refuse(concat("d_head is not d_model / n_head, which is ", size));
}

void build(ModelBuilder& model) {
  const PretrainedConfig& config = model.config();
  check(config);
  const auto hidden = config.get<std::int64_t>("hidden_size");
  const auto vocab_size = config.get<std::int64_t>("vocab_size");
  const auto dropout = config.get<double>("dropout");
  const Scope scope = model.root()["transformer"];
  // The embedding of masked tokens is for pretraining; checkpoints hold it.
  scope.parameter("mask_emb", {1, 1, hidden}, scope.weight_initializer());

  Value x =
      nn::embedding(scope["word_embedding"], nn::input_ids(scope, vocab_size), vocab_size, hidden);
  x = nn::dropout(scope, x, dropout);
  const Value distances =
      nn::distance_sinusoids(scope, hidden, config.get<std::int64_t>("clamp_len"));
  const Inputs inputs{nn::dropout(scope, distances, dropout), nn::token_columns(scope),
                      nn::optional_input(scope, "token_type_ids", kSegments, 0)};
  model.hidden_state(x);
  const auto layers = config.get<std::int64_t>("num_hidden_layers");
  for (std::int64_t i = 0; i < layers; ++i) {
    const Scope layer = scope["layer"][i];
    x = relative_attention(model, layer["rel_attn"], inputs, x);
    x = feed_forward(model, layer["ff"], x);
    model.hidden_state(x);
  }
  x = nn::dropout(scope, x, dropout);
  x = sequence_summary(model, model.root()["sequence_summary"], x);
  model.logits(nn::linear(model.root()["logits_proj"], x, model.num_labels()));
}

}  // namespace

extern const Family xlnet_family;
const Family xlnet_family{"transformer", kArguments, &build};

}  // namespace verdict::models

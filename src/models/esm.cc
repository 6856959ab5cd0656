// ESM-1b and ESM-2: Rives et al. 2019, Lin et al. 2022,
// https://www.science.org/doi/10.1126/science.ade2574. Reference: transformers,
// EsmForSequenceClassification.
#include <algorithm>
#include <array>
#include <string>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"
#include "verdict/models/bert_encoder.h"
#include "verdict/nn/inputs.h"
#include "verdict/nn/rotary.h"

namespace verdict::models {

namespace {

constexpr std::array<std::string_view, 2> kArguments{"input_ids", "position_ids"};
/// The part of the tokens that pretraining masked.
constexpr float kTrainedMaskRatio = 0.15f * 0.8f;

bool is_rotary(const PretrainedConfig& config) {
  const auto type = config.get<std::string>("position_embedding_type");
  if (type == "rotary") return true;
  if (type == "absolute") return false;
  throw Error(ErrorCode::kUnsupported, concat("The config's position_embedding_type is \"", type,
                                              "\"; rotary or absolute was expected."));
}

/// Zeroes masked tokens and scales the others as if as many were masked as in pretraining: factors
/// by token, [tokens, 1].
Value mask_factors(const Scope& scope, std::int32_t mask_token_id) {
  auto prelude = [mask_token_id](const graph::Batch& batch, std::span<float> out) {
    const auto ids = batch.find("input_ids");
    for (std::size_t row = 0; row + 1 < batch.offsets.size(); ++row) {
      const auto first = static_cast<std::size_t>(batch.offsets[row]);
      const auto last = static_cast<std::size_t>(batch.offsets[row + 1]);
      const auto masked = std::count(ids.begin() + batch.offsets[row],
                                     ids.begin() + batch.offsets[row + 1], mask_token_id);
      const float ratio = static_cast<float>(masked) / static_cast<float>(last - first);
      for (std::size_t i = first; i < last; ++i)
        out[i] = ids[i] == mask_token_id ? 0 : (1 - kTrainedMaskRatio) / (1 - ratio);
    }
  };
  return scope.graph().apply(
      graph::FloatInputOp{"mask_factors", graph::Graph::kTokens, 1, std::move(prelude)}, {});
}

Value embeddings(const ModelBuilder& model, const Scope& scope) {
  const PretrainedConfig& config = model.config();
  const auto vocab_size = config.get<std::int64_t>("vocab_size");
  const auto pad_token_id = config.get<std::int32_t>("pad_token_id");
  Value x = nn::embedding(scope["word_embeddings"], nn::input_ids(scope, vocab_size), vocab_size,
                          model.hidden_size(), pad_token_id);
  if (config.get<bool>("token_dropout")) {
    x = nn::multiply(scope, x, mask_factors(scope, config.get<std::int32_t>("mask_token_id")));
  }
  if (!is_rotary(config)) {
    const std::int64_t positions = max_position_embeddings(config);
    const Value ids = nn::token_count_positions(scope, positions, pad_token_id);
    x = nn::add(scope, x,
                nn::embedding(scope["position_embeddings"], ids, positions, model.hidden_size(),
                              pad_token_id));
  }
  if (!config.get_or<bool>("emb_layer_norm_before", false)) return x;
  return nn::layer_norm(scope["layer_norm"], x, config.get<double>("layer_norm_eps"));
}

void build(ModelBuilder& model) {
  const PretrainedConfig& config = model.config();
  const auto heads = config.get<std::int64_t>("num_attention_heads");
  const std::int64_t size = nn::head_size(model.hidden_size(), heads);
  const Scope esm = model.root()["esm"];

  BertEncoderOptions options;
  options.attention_norm = "attention.LayerNorm";
  options.feed_forward_norm = "LayerNorm";
  options.last_norm = esm["encoder"]["emb_layer_norm_after"];
  if (is_rotary(config)) {
    const auto frequencies = nn::rotary_frequencies(config.get<double>("rope_theta"), size);
    options.attention.rotary = BertRotary{.table = nn::rotary_table(esm, size, frequencies)};
  }
  const Value last =
      bert_encoder(model, esm["encoder"], embeddings(model, esm["embeddings"]), options);

  // For pretraining; checkpoints hold it.
  const Scope contacts = esm["contact_head"]["regression"];
  contacts.parameter("weight", {1, config.get<std::int64_t>("num_hidden_layers") * heads},
                     contacts.weight_initializer());
  contacts.parameter("bias", {1}, graph::Initializer::zeros());
  model.logits(dense_head(model, model.root()["classifier"], last, "tanh"));
}

std::int64_t max_length(const PretrainedConfig& config) {
  return is_rotary(config) ? kNoLimit
                           : max_counted_tokens(config, config.get<std::int64_t>("pad_token_id"));
}

}  // namespace

extern const Family esm_family;
const Family esm_family{"esm", kArguments, &build, &max_length};

}  // namespace verdict::models

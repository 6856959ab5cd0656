// Nyströmformer: Xiong et al. 2021, https://arxiv.org/abs/2102.03902. Reference: transformers,
// NystromformerForSequenceClassification.
#include <string>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"
#include "verdict/models/bert_encoder.h"
#include "verdict/nn/inputs.h"

namespace verdict::models {

namespace {

/// The reference numbers tokens from 2 on.
constexpr std::int32_t kFirstPosition = 2;

/// Through landmarks, or the whole attention where there are as many landmarks as tokens; in both
/// cases plus a convolution of the values.
Value landmark_attention(ModelBuilder& model, const Scope& scope, Value x, std::int64_t) {
  const PretrainedConfig& config = model.config();
  const std::int64_t hidden = model.hidden_size();
  const auto heads = config.get<std::int64_t>("num_attention_heads");
  const std::int64_t size = nn::head_size(hidden, heads);
  const auto landmarks = config.get<std::int64_t>("num_landmarks");
  const auto length = config.get<std::int64_t>("segment_means_seq_len");

  const Value query = nn::linear(scope["query"], x, hidden);
  const Value key = nn::linear(scope["key"], x, hidden);
  const Value value = nn::linear(scope["value"], x, hidden);
  Value context;
  if (landmarks == length) {
    const nn::AttentionResult attention =
        nn::Attention(scope, query, key, value,
                      {.heads = heads,
                       .head_size = size,
                       .dropout = config.get<double>("attention_probs_dropout_prob")})
            .result();
    model.attention(attention.probabilities);
    context = attention.context;
  } else {
    context = nn::nystrom_attention(scope, query, key, value, heads, landmarks, length);
  }
  if (!config.has("conv_kernel_size")) return context;
  return nn::add(scope, context,
                 nn::head_convolution(scope["conv"], value, heads,
                                      config.get<std::int64_t>("conv_kernel_size")));
}

void build(ModelBuilder& model) {
  const PretrainedConfig& config = model.config();
  if (config.get<bool>("inv_coeff_init_option")) {
    throw Error(ErrorCode::kUnsupported,
                "The config's inv_coeff_init_option is true, which the reference cannot run "
                "either. Set it to false.");
  }
  const Scope base = model.root()["nystromformer"];
  const Value positions = nn::column_positions_from(
      base, max_position_embeddings(config) + kFirstPosition, kFirstPosition);
  const Value embedded =
      bert_embeddings(model, base["embeddings"], positions, model.hidden_size(),
                      {.first_position = kFirstPosition, .always_absolute = true});
  const Value last =
      bert_encoder(model, base["encoder"], embedded, {.self_attention = &landmark_attention});
  model.logits(
      dense_head(model, model.root()["classifier"], last, config.get<std::string>("hidden_act")));
}

}  // namespace

extern const Family nystromformer_family;
const Family nystromformer_family{"nystromformer", kBertArguments, &build,
                                  &max_position_embeddings};

}  // namespace verdict::models

// RoFormer: Su et al. 2021, https://arxiv.org/abs/2104.09864. Reference: transformers,
// RoFormerForSequenceClassification.
#include <array>
#include <string>

#include "verdict/models/bert_encoder.h"
#include "verdict/nn/inputs.h"
#include "verdict/nn/rotary.h"

namespace verdict::models {

namespace {

constexpr std::array<std::string_view, 2> kArguments{"input_ids", "token_type_ids"};

void build(ModelBuilder& model) {
  const PretrainedConfig& config = model.config();
  const auto heads = config.get<std::int64_t>("num_attention_heads");
  const std::int64_t size = nn::head_size(model.hidden_size(), heads);
  const auto embedding_size = config.get_or<std::int64_t>("embedding_size", model.hidden_size());
  const Scope roformer = model.root()["roformer"];
  const Scope encoder = roformer["encoder"];

  Value x = bert_embeddings(model, roformer["embeddings"], std::nullopt, embedding_size);
  if (embedding_size != model.hidden_size())
    x = nn::linear(roformer["embeddings_project"], x, model.hidden_size());

  // Files hold the table of sines and cosines.
  const std::int64_t positions = max_position_embeddings(config);
  BertEncoderOptions options;
  options.attention.rotary = BertRotary{
      nn::sinusoidal_embedding(encoder["embed_positions"], nn::column_positions(encoder, positions),
                               positions, size, /*halves=*/true),
      {.interleaved = true, .sines_first = true},
      config.get<bool>("rotary_value")};
  x = bert_encoder(model, encoder, x, options);
  model.logits(
      dense_head(model, model.root()["classifier"], x, config.get<std::string>("hidden_act")));
}

}  // namespace

extern const Family roformer_family;
const Family roformer_family{"roformer", kArguments, &build, &max_position_embeddings};

}  // namespace verdict::models

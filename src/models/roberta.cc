// RoBERTa: Liu et al. 2019, https://arxiv.org/abs/1907.11692; XLM-RoBERTa and CamemBERT are the
// same architecture. Reference: transformers, RobertaForSequenceClassification.
#include "verdict/models/bert_encoder.h"
#include "verdict/nn/inputs.h"

namespace verdict::models {

namespace {

void build(ModelBuilder& model) {
  const PretrainedConfig& config = model.config();
  const Scope roberta = model.root()["roberta"];

  const Value positions =
      nn::token_count_positions(roberta, config.get<std::int64_t>("max_position_embeddings"),
                                config.get<std::int32_t>("pad_token_id"));
  const Value embedded = bert_embeddings(model, roberta["embeddings"], positions,
                                         config.get<std::int64_t>("hidden_size"));
  const Value last = bert_encoder(model, roberta["encoder"], embedded);
  model.logits(dense_head(model, model.root()["classifier"], last, "tanh"));
}

/// The positions up to that of the padding token are never a token's.
std::int64_t max_length(const PretrainedConfig& config) {
  return max_position_embeddings(config) - config.get<std::int64_t>("pad_token_id") - 1;
}

}  // namespace

extern const Family roberta_family;
const Family roberta_family{"roberta", kBertArguments, &build, &max_length};

}  // namespace verdict::models

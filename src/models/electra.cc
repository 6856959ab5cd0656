// ELECTRA: Clark et al. 2020, https://arxiv.org/abs/2003.10555. Reference: transformers,
// ElectraForSequenceClassification.
#include "verdict/models/bert_encoder.h"
#include "verdict/nn/inputs.h"

namespace verdict::models {

namespace {

void build(ModelBuilder& model) {
  const PretrainedConfig& config = model.config();
  const auto hidden = config.get<std::int64_t>("hidden_size");
  const auto embedding_size = config.get<std::int64_t>("embedding_size");
  const Scope electra = model.root()["electra"];

  const Value positions =
      nn::column_positions(electra, config.get<std::int64_t>("max_position_embeddings"));
  Value x = bert_embeddings(model, electra["embeddings"], positions, embedding_size);
  if (embedding_size != hidden) x = nn::linear(electra["embeddings_project"], x, hidden);
  x = bert_encoder(model, electra["encoder"], x);
  model.logits(dense_head(model, model.root()["classifier"], x, "gelu"));
}

}  // namespace

extern const Family electra_family;
const Family electra_family{"electra", kBertArguments, &build, &max_position_embeddings};

}  // namespace verdict::models

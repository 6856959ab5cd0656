// BERT: Devlin et al. 2018, https://arxiv.org/abs/1810.04805. Reference: transformers,
// BertForSequenceClassification.
#include "verdict/models/bert_encoder.h"
#include "verdict/models/pooling.h"
#include "verdict/nn/inputs.h"

namespace verdict::models {

namespace {

void build(ModelBuilder& model) {
  const PretrainedConfig& config = model.config();
  const auto hidden = config.get<std::int64_t>("hidden_size");
  const Scope bert = model.root()["bert"];

  const Value positions =
      nn::column_positions(bert, config.get<std::int64_t>("max_position_embeddings"));
  const Value embedded = bert_embeddings(model, bert["embeddings"], positions, hidden);
  const Value last = bert_encoder(model, bert["encoder"], embedded);

  pooled_head(model, bert["pooler"], last, classifier_dropout(config));
}

}  // namespace

extern const Family bert_family;
const Family bert_family{"bert", kBertArguments, &build, &max_position_embeddings};

}  // namespace verdict::models

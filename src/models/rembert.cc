// RemBERT: Chung et al. 2020, https://arxiv.org/abs/2010.12821; BERT with small input embeddings.
// Reference: transformers, RemBertForSequenceClassification.
#include "verdict/models/bert_encoder.h"
#include "verdict/models/pooling.h"
#include "verdict/nn/inputs.h"

namespace verdict::models {

namespace {

void build(ModelBuilder& model) {
  const PretrainedConfig& config = model.config();
  const Scope rembert = model.root()["rembert"];

  const Value positions = nn::column_positions(rembert, max_position_embeddings(config));
  Value x = bert_embeddings(model, rembert["embeddings"], positions,
                            config.get<std::int64_t>("input_embedding_size"));
  x = nn::linear(rembert["encoder"]["embedding_hidden_mapping_in"], x, model.hidden_size());
  x = bert_encoder(model, rembert["encoder"], x);
  pooled_head(model, rembert["pooler"], x, config.get<double>("classifier_dropout_prob"));
}

}  // namespace

extern const Family rembert_family;
const Family rembert_family{"rembert", kBertArguments, &build, &max_position_embeddings};

}  // namespace verdict::models

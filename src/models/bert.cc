// BERT: Devlin et al. 2018, https://arxiv.org/abs/1810.04805; Megatron-BERT (Shoeybi et al. 2019,
// https://arxiv.org/abs/1909.08053) normalises before each block. Reference: transformers,
// BertForSequenceClassification and MegatronBertForSequenceClassification.
#include "verdict/models/bert_encoder.h"
#include "verdict/models/pooling.h"
#include "verdict/nn/inputs.h"

namespace verdict::models {

namespace {

Value embeddings(const ModelBuilder& model, const Scope& bert,
                 const BertEmbeddingOptions& options = {}) {
  const Value positions = nn::column_positions(bert, max_position_embeddings(model.config()));
  return bert_embeddings(model, bert["embeddings"], positions, model.hidden_size(), options);
}

void build_bert(ModelBuilder& model) {
  const Scope bert = model.root()["bert"];
  const Value last = bert_encoder(model, bert["encoder"], embeddings(model, bert));
  pooled_head(model, bert["pooler"], last, classifier_dropout(model.config()));
}

void build_megatron_bert(ModelBuilder& model) {
  const Scope bert = model.root()["bert"];
  const Value last = bert_encoder(model, bert["encoder"], embeddings(model, bert, {.norm = false}),
                                  {.attention_norm = "attention.ln",
                                   .feed_forward_norm = "ln",
                                   .last_norm = bert["encoder"]["ln"]});
  pooled_head(model, bert["pooler"], last, model.config().get<double>("hidden_dropout_prob"));
}

}  // namespace

extern const Family bert_family;
const Family bert_family{"bert", kBertArguments, &build_bert, &max_position_embeddings};

extern const Family megatron_bert_family;
const Family megatron_bert_family{"bert", kBertArguments, &build_megatron_bert,
                                  &max_position_embeddings};

}  // namespace verdict::models

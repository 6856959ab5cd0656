// ERNIE 2.0: Sun et al. 2019, https://arxiv.org/abs/1907.12412; BERT with embeddings of the task.
// Reference: transformers, ErnieForSequenceClassification.
#include "verdict/models/bert_encoder.h"
#include "verdict/models/pooling.h"
#include "verdict/nn/inputs.h"

namespace verdict::models {

namespace {

constexpr std::array<std::string_view, 4> kArguments{"input_ids", "token_type_ids", "position_ids",
                                                     "task_type_ids"};

void build(ModelBuilder& model) {
  const PretrainedConfig& config = model.config();
  const Scope ernie = model.root()["ernie"];
  const Scope embeddings = ernie["embeddings"];

  BertEmbeddingOptions options;
  if (config.get<bool>("use_task_id")) {
    const auto tasks = config.get<std::int64_t>("task_type_vocab_size");
    options.further = nn::embedding(embeddings["task_type_embeddings"],
                                    nn::optional_input(embeddings, "task_type_ids", tasks, 0),
                                    tasks, model.hidden_size());
  }
  const Value positions = nn::column_positions(ernie, max_position_embeddings(config));
  const Value embedded =
      bert_embeddings(model, embeddings, positions, model.hidden_size(), options);
  const Value last = bert_encoder(model, ernie["encoder"], embedded);
  pooled_head(model, ernie["pooler"], last, classifier_dropout(config));
}

}  // namespace

extern const Family ernie_family;
const Family ernie_family{"ernie", kArguments, &build, &max_position_embeddings};

}  // namespace verdict::models

// UltraBERT: a LLaMA-like encoder with windows in most layers. Reference: transformers,
// UltrabertForSequenceClassification.
#include "verdict/models/llama_layers.h"
#include "verdict/models/pooling.h"

namespace verdict::models {

namespace {

void build(ModelBuilder& model) {
  const Scope root = model.root();
  Value x = llama_layers(model, root["model"], {.bidirectional = true});
  x = classifier_pooling(model, root, x);
  x = nn::dropout(root, x, model.config().get<double>("classifier_dropout"));
  model.logits(nn::linear(root["classifier"], x, model.num_labels()));
}

}  // namespace

extern const Family ultrabert_family;
const Family ultrabert_family{"model", kRotaryArguments, &build};

}  // namespace verdict::models

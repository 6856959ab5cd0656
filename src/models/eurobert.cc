// EuroBERT: Boizard et al. 2025, https://arxiv.org/abs/2503.05500. Reference: transformers,
// EuroBertForSequenceClassification.
#include <string>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"
#include "verdict/models/llama_layers.h"

namespace verdict::models {

namespace {

void build(ModelBuilder& model) {
  const Scope root = model.root();
  Value x = llama_layers(model, root["model"], {.bidirectional = true});

  const auto pooling = model.config().get<std::string>("classifier_pooling");
  if (pooling == "bos") {
    x = nn::first_token(root, x);
  } else if (pooling == "mean") {
    x = nn::mean_tokens(root, x);
  } else if (pooling != "late") {
    throw Error(ErrorCode::kInvalidArgument,
                concat("The config's classifier_pooling is \"", pooling,
                       "\"; bos, mean or late was expected."));
  }
  x = nn::activation(root, nn::linear(root["dense"], x, model.hidden_size()), "gelu");
  x = nn::linear(root["classifier"], x, model.num_labels());
  model.logits(pooling == "late" ? nn::mean_tokens(root, x) : x);
}

}  // namespace

extern const Family eurobert_family;
const Family eurobert_family{"model", kRotaryArguments, &build};

}  // namespace verdict::models

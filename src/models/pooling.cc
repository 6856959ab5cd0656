#include "verdict/models/pooling.h"

#include <string>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"

namespace verdict::models {

Value classifier_pooling(const ModelBuilder& model, const Scope& scope, Value x) {
  const auto pooling = model.config().get<std::string>("classifier_pooling");
  if (pooling == "cls") return nn::first_token(scope, x);
  if (pooling == "mean") return nn::mean_tokens(scope, x);
  throw Error(ErrorCode::kInvalidArgument, concat("The config's classifier_pooling is \"", pooling,
                                                  "\"; cls or mean was expected."));
}

void pooled_head(ModelBuilder& model, const Scope& pooler, Value last, double dropout) {
  Value pooled = nn::linear(pooler["dense"], nn::first_token(pooler, last), model.hidden_size());
  pooled = nn::activation(pooler, pooled, "tanh");
  pooled = nn::dropout(pooler, pooled, dropout);
  model.logits(nn::linear(model.root()["classifier"], pooled, model.num_labels()));
}

}  // namespace verdict::models

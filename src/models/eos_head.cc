#include "verdict/models/eos_head.h"

namespace verdict::models {

Value eos_head(const ModelBuilder& model, const Scope& scope, Value last) {
  const PretrainedConfig& config = model.config();
  const auto dropout = config.get<double>("classifier_dropout");
  Value x = nn::last_eos_token(scope, last, config.get<std::int32_t>("eos_token_id"));
  x = nn::linear(scope["dense"], nn::dropout(scope, x, dropout),
                 config.get<std::int64_t>("hidden_size"));
  x = nn::dropout(scope, nn::activation(scope, x, "tanh"), dropout);
  return nn::linear(scope["out_proj"], x, model.num_labels());
}

}  // namespace verdict::models

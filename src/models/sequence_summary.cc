#include "verdict/models/sequence_summary.h"

#include <string>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"

namespace verdict::models {

namespace {

Value pool(const Scope& scope, Value last, std::string_view type) {
  if (type == "first") return nn::first_token(scope, last);
  if (type == "mean") return nn::mean_tokens(scope, last);
  // Without an index of the reader's own, cls_index is the last token.
  if (type == "last" || type == "cls_index") return nn::last_token(scope, last);
  throw Error(ErrorCode::kUnsupported,
              concat("The config's summary_type \"", type,
                     "\" is not supported; the known ones are \"last\", \"first\", \"mean\" and "
                     "\"cls_index\"."));
}

}  // namespace

Value sequence_summary(const ModelBuilder& model, const Scope& scope, Value last) {
  const PretrainedConfig& config = model.config();
  Value x = pool(scope, last, config.get_or<std::string>("summary_type", "last"));
  x = nn::dropout(scope, x, config.get_or<double>("summary_first_dropout", 0));
  if (config.get_or<bool>("summary_use_proj", false)) {
    const bool to_labels = config.get_or<bool>("summary_proj_to_labels", false);
    x = nn::linear(scope["summary"], x,
                   to_labels ? model.num_labels() : config.get<std::int64_t>("hidden_size"));
  }
  if (config.has("summary_activation"))
    x = nn::activation(scope, x, config.get<std::string>("summary_activation"));
  return nn::dropout(scope, x, config.get_or<double>("summary_last_dropout", 0));
}

}  // namespace verdict::models

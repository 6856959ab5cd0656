#include "verdict/auto/classes.h"

#include "verdict/base/error.h"
#include "verdict/base/strings.h"

namespace verdict::internal {

void require_model_class(const PretrainedConfig& config, std::string_view expected) {
  if (model_type(config.model_type()).class_prefix == model_type(expected).class_prefix) return;
  throw Error(ErrorCode::kInvalidArgument,
              concat("The model's type is \"", config.model_type(), "\", but ",
                     model_type(expected).class_name(), " takes \"", expected, "\". Use ",
                     model_type(config.model_type()).class_name(),
                     " or AutoModelForSequenceClassification."));
}

}  // namespace verdict::internal

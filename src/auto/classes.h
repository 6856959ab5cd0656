#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "verdict/auto/auto_model.h"

namespace verdict {

namespace internal {

/// Throws `kInvalidArgument`, with the class to use instead, for a model of another class.
void require_model_class(const PretrainedConfig& config, std::string_view model_type);

}  // namespace internal

// BertForSequenceClassification and its kin, one a line of registry.def: the functions of
// AutoModelForSequenceClassification for models of one class.
#define VERDICT_MODEL(model_type, class_prefix, family)                                        \
  class class_prefix##ForSequenceClassification {                                              \
   public:                                                                                     \
    static std::unique_ptr<SequenceClassifier> from_config(                                    \
        const PretrainedConfig& config, const FromPretrainedOptions& options = {}) {           \
      internal::require_model_class(config, model_type);                                       \
      return AutoModelForSequenceClassification::from_config(config, options);                 \
    }                                                                                          \
    static std::unique_ptr<SequenceClassifier> from_pretrained(                                \
        const std::string& name_or_path, const FromPretrainedOptions& options = {}) {          \
      auto model = AutoModelForSequenceClassification::from_pretrained(name_or_path, options); \
      internal::require_model_class(model->config(), model_type);                              \
      return model;                                                                            \
    }                                                                                          \
  };
#include "verdict/models/registry.def"
#undef VERDICT_MODEL

}  // namespace verdict

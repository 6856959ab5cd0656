#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/fixtures.h"
#include "verdict/auto/auto_model.h"

namespace verdict::testing {

/// The fixture of a model type.
inline std::string model_path(const std::string& type) { return fixtures_path("models/" + type); }

/// A fixture with other values in its config.
inline std::unique_ptr<SequenceClassifier> load(
    const std::string& type, const nlohmann::json& kwargs = nlohmann::json::object()) {
  FromPretrainedOptions options;
  options.kwargs = kwargs;
  return AutoModelForSequenceClassification::from_pretrained(model_path(type), options);
}

/// A fresh model of a fixture's config with other values.
inline std::unique_ptr<SequenceClassifier> fresh(
    const std::string& type, const nlohmann::json& kwargs = nlohmann::json::object()) {
  return AutoModelForSequenceClassification::from_config(
      AutoConfig::from_pretrained(model_path(type) + "/config.json", kwargs));
}

inline SequenceClassifierOutput forward(SequenceClassifier& model, std::int64_t rows,
                                        const std::vector<std::int64_t>& ids,
                                        const ForwardOptions& options = {}) {
  const auto width = static_cast<std::int64_t>(ids.size()) / rows;
  return model.forward({{"input_ids", Tensor::from_i64({rows, width}, ids)}}, options);
}

}  // namespace verdict::testing

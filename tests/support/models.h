#pragma once

#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
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

inline double standard_deviation(const Tensor& tensor) {
  const auto values = tensor.f32();
  const double squares = std::accumulate(values.begin(), values.end(), 0.0,
                                         [](double sum, float x) { return sum + double{x} * x; });
  return std::sqrt(squares / static_cast<double>(values.size()));
}

}  // namespace verdict::testing

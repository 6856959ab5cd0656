#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "verdict/models/family.h"

namespace verdict {

/// A registered `model_type`.
struct ModelType {
  std::string_view name;          ///< `config.model_type`, for example "xlm-roberta"
  std::string_view class_prefix;  ///< of the reference's classes, for example "XLMRoberta"
  const models::Family* family;
  std::string_view family_name;  ///< `family` is the constant <family_name>_family

  /// "XLMRobertaForSequenceClassification"
  std::string class_name() const;
};

/// All model types, in alphabetical order.
std::span<const ModelType> model_types();

/// Throws `kUnsupported`, with the known names, for a type that is not registered.
const ModelType& model_type(std::string_view name);

/// The declaration of a whole classifier. Throws `kInvalidArgument` or `kNotFound` for a config
/// that does not describe one.
graph::Graph build_graph(const ModelType& type, const PretrainedConfig& config);

/// The longest input in tokens, special ones included, that the model's positions allow; nothing
/// when there is no limit.
std::optional<std::int64_t> max_length(const ModelType& type, const PretrainedConfig& config);

}  // namespace verdict

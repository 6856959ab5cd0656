#include "verdict/models/registry.h"

#include <array>
#include <vector>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"

namespace verdict {

namespace models {
#define VERDICT_MODEL(model_type, class_prefix, family) extern const Family family##_family;
#include "verdict/models/registry.def"
#undef VERDICT_MODEL
}  // namespace models

namespace {

constexpr auto kModelTypes = std::to_array<ModelType>({
#define VERDICT_MODEL(model_type, class_prefix, family) \
  {model_type, #class_prefix, &models::family##_family, #family},
#define VERDICT_FURTHER_TYPE VERDICT_MODEL
#include "verdict/models/registry.def"
#undef VERDICT_MODEL
});

}  // namespace

std::string ModelType::class_name() const {
  return concat(class_prefix, "ForSequenceClassification");
}

std::span<const ModelType> model_types() { return kModelTypes; }

const ModelType& model_type(std::string_view name) {
  std::vector<std::string_view> names;
  for (const ModelType& type : kModelTypes) {
    if (type.name == name) return type;
    names.push_back(type.name);
  }
  throw Error(ErrorCode::kUnsupported,
              concat("The model type \"", name, "\" is not supported; the supported ones are ",
                     quoted_list(names, names.size()), "."));
}

graph::Graph build_graph(const ModelType& type, const PretrainedConfig& config) {
  graph::Graph graph;
  models::ModelBuilder builder(config, graph);
  type.family->build(builder);
  return graph;
}

std::optional<std::int64_t> max_length(const ModelType& type, const PretrainedConfig& config) {
  if (type.family->max_length == nullptr) return std::nullopt;
  const std::int64_t length = type.family->max_length(config);
  return length == models::kNoLimit ? std::nullopt : std::optional(length);
}

}  // namespace verdict

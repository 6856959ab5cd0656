#include "verdict/models/family.h"

#include "verdict/base/strings.h"

namespace verdict::models {

ModelBuilder::ModelBuilder(const PretrainedConfig& config, graph::Graph& graph)
    : config_(config),
      graph_(graph),
      root_(graph, config.get_or<double>("initializer_range", 0.02)) {}

void ModelBuilder::state(std::string_view group, Value value) {
  const auto count = states_.try_emplace(std::string(group)).first;
  graph_.output(concat(group, ".", count->second++), value);
}

void ModelBuilder::output(std::string_view name, Value value) {
  graph_.output(std::string(name), value);
}

void ModelBuilder::logits(Value value) { graph_.output("logits", value); }

bool is_causal(const PretrainedConfig& config) { return config.get_or<bool>("is_causal", true); }

std::int64_t max_position_embeddings(const PretrainedConfig& config) {
  return config.get<std::int64_t>("max_position_embeddings");
}

std::int64_t max_counted_tokens(const PretrainedConfig& config, std::int64_t padding_idx) {
  return max_position_embeddings(config) - padding_idx - 1;
}

}  // namespace verdict::models

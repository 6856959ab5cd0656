#include "verdict/models/family.h"

#include "verdict/base/strings.h"

namespace verdict::models {

ModelBuilder::ModelBuilder(const PretrainedConfig& config, graph::Graph& graph)
    : config_(config),
      graph_(graph),
      root_(graph, config.get_or<double>("initializer_range", 0.02)) {}

void ModelBuilder::hidden_state(Value value) {
  graph_.output(concat("hidden_states.", hidden_states_++), value);
}

void ModelBuilder::attention(Value probabilities) {
  graph_.output(concat("attentions.", attentions_++), probabilities);
}

void ModelBuilder::logits(Value value) { graph_.output("logits", value); }

}  // namespace verdict::models

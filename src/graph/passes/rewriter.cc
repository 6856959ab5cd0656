#include "verdict/graph/passes/rewriter.h"

#include <utility>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"

namespace verdict::graph {

Uses::Uses(const Graph& graph)
    : counts_(graph.values().size()),
      outputs_(graph.values().size()),
      producers_(graph.values().size()) {
  for (std::size_t i = 0; i < graph.nodes().size(); ++i) {
    for (const Value input : graph.nodes()[i].inputs) ++counts_[static_cast<std::size_t>(input.id)];
    for (const Value output : graph.nodes()[i].outputs)
      producers_[static_cast<std::size_t>(output.id)] = i;
  }
  for (const Output& output : graph.outputs()) {
    ++counts_[static_cast<std::size_t>(output.value.id)];
    outputs_[static_cast<std::size_t>(output.value.id)] = true;
  }
}

Rewriter::Rewriter(const Graph& from)
    : from_(from), to_(from.empty_copy()), map_(from.values().size()) {}

Value Rewriter::map(Value old) const {
  const auto& now = map_.at(static_cast<std::size_t>(old.id));
  if (!now)
    throw Error(ErrorCode::kInternal,
                concat("A pass reads the value %", old.id, ", which it dropped."));
  return *now;
}

void Rewriter::replace(const Node& node, Op op, const std::vector<Value>& old_inputs) {
  std::vector<Value> inputs;
  inputs.reserve(old_inputs.size());
  for (const Value input : old_inputs) inputs.push_back(map(input));
  const std::vector<Value> outputs = to_.add(std::move(op), std::move(inputs));
  for (std::size_t i = 0; i < outputs.size(); ++i) set(node.outputs.at(i), outputs[i]);
}

Graph Rewriter::finish() {
  for (const Output& output : from_.outputs()) to_.output(output.name, map(output.value));
  return std::move(to_);
}

}  // namespace verdict::graph

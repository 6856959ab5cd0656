#include <map>
#include <vector>

#include "verdict/graph/passes/passes.h"
#include "verdict/graph/passes/rewriter.h"

namespace verdict::graph {

namespace {

bool can_merge(const Node& node) {
  const auto* linear = std::get_if<LinearOp>(&node.op);
  return linear != nullptr && !linear->activation && linear->groups == 1;
}

}  // namespace

Graph merge_linears(const Graph& graph) {
  std::map<int, std::vector<const Node*>> siblings;  // by input
  for (const Node& node : graph.nodes()) {
    if (can_merge(node)) siblings[node.inputs[0].id].push_back(&node);
  }

  Rewriter rewriter(graph);
  for (const Node& node : graph.nodes()) {
    if (!can_merge(node)) {
      rewriter.copy(node);
      continue;
    }
    const std::vector<const Node*>& group = siblings[node.inputs[0].id];
    if (group.front() != &node) continue;  // made together with the first of its group
    LinearOp merged;
    for (const Node* member : group) {
      const auto& parts = std::get<LinearOp>(member->op).parts;
      merged.parts.insert(merged.parts.end(), parts.begin(), parts.end());
    }
    const std::vector<Value> outputs = rewriter.graph().add(merged, {rewriter.map(node.inputs[0])});
    std::size_t next = 0;
    for (const Node* member : group) {
      for (const Value output : member->outputs) rewriter.set(output, outputs[next++]);
    }
  }
  return rewriter.finish();
}

}  // namespace verdict::graph

#include "verdict/graph/passes/passes.h"
#include "verdict/graph/passes/rewriter.h"

namespace verdict::graph {

Graph fuse_linear_activation(const Graph& graph) {
  const Uses uses(graph);
  Rewriter rewriter(graph);
  for (const Node& node : graph.nodes()) {
    const auto* activation = std::get_if<ActivationOp>(&node.op);
    if (activation == nullptr) {
      rewriter.copy(node);
      continue;
    }
    const Node& producer = graph.nodes()[uses.producer(node.inputs[0])];
    const auto* linear = std::get_if<LinearOp>(&producer.op);
    if (linear == nullptr || linear->activation || linear->parts.size() != 1 ||
        uses.count(node.inputs[0]) != 1) {
      rewriter.copy(node);
      continue;
    }
    LinearOp fused = *linear;
    fused.activation = activation->activation;
    rewriter.replace(node, fused, producer.inputs);
  }
  // The bare products that were copied before their activation was met have no reader left.
  return select_outputs(rewriter.finish(), [](std::string_view) { return true; });
}

}  // namespace verdict::graph

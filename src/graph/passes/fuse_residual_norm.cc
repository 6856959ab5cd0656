#include "verdict/graph/passes/passes.h"
#include "verdict/graph/passes/rewriter.h"

namespace verdict::graph {

Graph fuse_residual_norm(const Graph& graph) {
  const Uses uses(graph);
  Rewriter rewriter(graph);
  for (const Node& node : graph.nodes()) {
    if (std::holds_alternative<NormOp>(node.op) && node.inputs.size() == 1 &&
        uses.count(node.inputs[0]) == 1) {
      const Node& producer = graph.nodes()[uses.producer(node.inputs[0])];
      if (std::holds_alternative<AddOp>(producer.op)) {
        rewriter.replace(node, node.op, producer.inputs);
        continue;
      }
    }
    rewriter.copy(node);
  }
  // The sums that were copied before their norm was met have no reader left.
  return select_outputs(rewriter.finish(), [](std::string_view) { return true; });
}

}  // namespace verdict::graph

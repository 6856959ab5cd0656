#include "verdict/graph/passes/passes.h"
#include "verdict/graph/passes/rewriter.h"

namespace verdict::graph {

Graph remove_dropout(const Graph& graph) {
  Rewriter rewriter(graph);
  for (const Node& node : graph.nodes()) {
    if (std::holds_alternative<DropoutOp>(node.op)) {
      rewriter.set(node.outputs[0], rewriter.map(node.inputs[0]));
    } else if (const auto* attention = std::get_if<AttentionOp>(&node.op)) {
      AttentionOp evaluation = *attention;
      evaluation.dropout = 0;
      rewriter.replace(node, evaluation, node.inputs);
    } else {
      rewriter.copy(node);
    }
  }
  return rewriter.finish();
}

}  // namespace verdict::graph

#include <vector>

#include "verdict/graph/passes/passes.h"
#include "verdict/graph/passes/rewriter.h"

namespace verdict::graph {

Graph select_outputs(const Graph& graph, const std::function<bool(std::string_view)>& wanted) {
  std::vector<bool> live(graph.values().size());
  for (const Output& output : graph.outputs()) {
    if (wanted(output.name)) live[static_cast<std::size_t>(output.value.id)] = true;
  }
  std::vector<bool> keep(graph.nodes().size());
  for (std::size_t i = graph.nodes().size(); i-- > 0;) {
    const Node& node = graph.nodes()[i];
    for (const Value output : node.outputs)
      keep[i] = keep[i] || live[static_cast<std::size_t>(output.id)];
    if (!keep[i]) continue;
    for (const Value input : node.inputs) live[static_cast<std::size_t>(input.id)] = true;
  }

  Rewriter rewriter(graph);
  for (std::size_t i = 0; i < graph.nodes().size(); ++i) {
    if (keep[i]) rewriter.copy(graph.nodes()[i]);
  }
  Graph selected = std::move(rewriter.graph());
  for (const Output& output : graph.outputs()) {
    if (wanted(output.name)) selected.output(output.name, rewriter.map(output.value));
  }
  return selected;
}

}  // namespace verdict::graph

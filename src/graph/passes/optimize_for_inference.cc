#include "verdict/graph/passes/passes.h"

namespace verdict::graph {

Graph optimize_for_inference(const Graph& graph,
                             const std::function<bool(std::string_view)>& wanted) {
  // Rows are dropped before linears merge, because the query of the last layer then has an input of
  // its own.
  Graph out = select_outputs(graph, wanted);
  out = remove_dropout(out);
  out = hoist_row_selection(out);
  out = fuse_linear_activation(out);
  out = fuse_residual_norm(out);
  return merge_linears(out);
}

}  // namespace verdict::graph

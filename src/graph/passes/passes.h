#pragma once

#include <functional>
#include <string_view>

#include "verdict/graph/graph.h"

// Passes rewrite a graph into an equivalent, cheaper one. Each takes a graph and gives a new one
// with the same parameters and segmentations; what is a graph output stays as it is.
namespace verdict::graph {

/// Keeps the outputs that `wanted` names and the nodes that they need.
Graph select_outputs(const Graph& graph, const std::function<bool(std::string_view name)>& wanted);

/// Evaluation: dropout is the identity.
Graph remove_dropout(const Graph& graph);

/// Computes only the rows that somebody reads: moves SelectRows up through row-wise ops whose other
/// rows are not needed. A classifier that reads one token a sequence then computes one query, one
/// output row and one feed-forward row a sequence in its last layer.
Graph hoist_row_selection(const Graph& graph);

/// Linear + activation → one op.
Graph fuse_linear_activation(const Graph& graph);

/// Add + normalisation → one op.
Graph fuse_residual_norm(const Graph& graph);

/// Linear layers over one input (query, key and value) → one op with several weights.
Graph merge_linears(const Graph& graph);

/// What every backend wants of an evaluation plan: all of the above for the wanted outputs.
Graph optimize_for_inference(const Graph& graph,
                             const std::function<bool(std::string_view name)>& wanted);

}  // namespace verdict::graph

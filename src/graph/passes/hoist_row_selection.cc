#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "verdict/graph/passes/passes.h"
#include "verdict/graph/passes/rewriter.h"

namespace verdict::graph {

namespace {

bool is_row_wise(const Op& op, std::size_t slot) {
  return (op_traits(op).row_wise_inputs >> slot & 1) != 0;
}

/// Finds the nodes of which only selected rows are read, and by which index.
///
/// Walks backwards from the consumers: a node may be reduced when all that read its first output
/// select rows by one index, or are row-wise readers that are reduced to that index themselves. A
/// node with more than one output in use is left alone, because its other outputs have rows of
/// their own.
class Demand {
 public:
  explicit Demand(const Graph& graph) : graph_(graph), uses_(graph), index_(graph.nodes().size()) {
    std::vector<std::vector<std::pair<std::size_t, std::size_t>>> readers(graph.values().size());
    for (std::size_t i = 0; i < graph.nodes().size(); ++i) {
      const Node& node = graph.nodes()[i];
      for (std::size_t slot = 0; slot < node.inputs.size(); ++slot) {
        readers[static_cast<std::size_t>(node.inputs[slot].id)].emplace_back(i, slot);
      }
    }
    for (std::size_t i = graph.nodes().size(); i-- > 0;) {
      index_[i] = demanded_index(graph.nodes()[i], readers);
    }
  }

  /// The index by which all readers of the node's output select, or nothing.
  std::optional<Value> index(std::size_t node) const { return index_[node]; }

 private:
  using Readers = std::vector<std::vector<std::pair<std::size_t, std::size_t>>>;

  std::optional<Value> demanded_index(const Node& node, const Readers& readers) const {
    if (op_traits(node.op).row_wise_inputs == 0 || std::holds_alternative<EmbeddingOp>(node.op))
      return std::nullopt;
    for (std::size_t i = 1; i < node.outputs.size(); ++i) {
      if (uses_.count(node.outputs[i]) > 0) return std::nullopt;
    }
    const Value output = node.outputs[0];
    if (uses_.is_output(output)) return std::nullopt;
    std::optional<Value> common;
    for (const auto& [reader, slot] : readers[static_cast<std::size_t>(output.id)]) {
      const std::optional<Value> wanted = reader_index(reader, slot);
      if (!wanted || (common && *common != *wanted)) return std::nullopt;
      common = wanted;
    }
    return common;
  }

  /// The index by which a reader needs the rows of its input `slot`.
  std::optional<Value> reader_index(std::size_t reader, std::size_t slot) const {
    const Node& node = graph_.nodes()[reader];
    if (std::holds_alternative<SelectRowsOp>(node.op))
      return slot == 0 ? std::optional(node.inputs[1]) : std::nullopt;
    const bool row_wise = is_row_wise(node.op, slot);
    return row_wise ? index_[reader] : std::nullopt;
  }

  const Graph& graph_;
  Uses uses_;
  std::vector<std::optional<Value>> index_;
};

}  // namespace

Graph hoist_row_selection(const Graph& graph) {
  const Demand demand(graph);
  const Uses uses(graph);
  Rewriter rewriter(graph);
  std::map<std::pair<int, int>, Value> selected;  // (value, index), both of the old graph

  // An index is read earlier than where it stood; inputs need nothing, so all of them go first.
  for (const Node& node : graph.nodes()) {
    if (std::holds_alternative<InputOp>(node.op)) rewriter.copy(node);
  }
  const auto reduced = [&](Value value, Value index) {
    if (demand.index(uses.producer(value))) return rewriter.map(value);
    const auto [entry, is_new] = selected.try_emplace({value.id, index.id});
    if (is_new) {
      entry->second =
          rewriter.graph().apply(SelectRowsOp{}, {rewriter.map(value), rewriter.map(index)});
    }
    return entry->second;
  };

  for (std::size_t i = 0; i < graph.nodes().size(); ++i) {
    const Node& node = graph.nodes()[i];
    if (std::holds_alternative<InputOp>(node.op)) continue;
    if (std::holds_alternative<SelectRowsOp>(node.op)) {
      rewriter.set(node.outputs[0], reduced(node.inputs[0], node.inputs[1]));
      continue;
    }
    const auto index = demand.index(i);
    if (!index) {
      rewriter.copy(node);
      continue;
    }
    std::vector<Value> inputs;
    for (std::size_t slot = 0; slot < node.inputs.size(); ++slot) {
      const bool row_wise = is_row_wise(node.op, slot);
      inputs.push_back(row_wise ? reduced(node.inputs[slot], *index)
                                : rewriter.map(node.inputs[slot]));
    }
    rewriter.set(node.outputs[0], rewriter.graph().apply(node.op, std::move(inputs)));
  }
  return rewriter.finish();
}

}  // namespace verdict::graph

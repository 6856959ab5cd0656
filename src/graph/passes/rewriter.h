#pragma once

#include <optional>
#include <vector>

#include "verdict/graph/graph.h"

namespace verdict::graph {

/// Who reads each value of a graph.
class Uses {
 public:
  explicit Uses(const Graph& graph);

  /// Times that nodes and graph outputs read the value.
  int count(Value value) const { return counts_.at(static_cast<std::size_t>(value.id)); }
  bool is_output(Value value) const { return outputs_.at(static_cast<std::size_t>(value.id)); }

  /// The node that makes the value; every value has one.
  std::size_t producer(Value value) const {
    return producers_.at(static_cast<std::size_t>(value.id));
  }

 private:
  std::vector<int> counts_;
  std::vector<bool> outputs_;
  std::vector<std::size_t> producers_;
};

/// Copies a graph node by node into a new one, remembering where each value went.
class Rewriter {
 public:
  explicit Rewriter(const Graph& from);

  Graph& graph() { return to_; }

  /// The new graph's value for an old one.
  Value map(Value old) const;
  void set(Value old, Value now) { map_.at(static_cast<std::size_t>(old.id)) = now; }

  /// Adds an op over old inputs in place of an old node with the same outputs.
  void replace(const Node& node, Op op, const std::vector<Value>& old_inputs);

  void copy(const Node& node) { replace(node, node.op, node.inputs); }

  /// Copies the old graph's outputs and gives the new graph.
  Graph finish();

 private:
  const Graph& from_;
  Graph to_;
  std::vector<std::optional<Value>> map_;
};

}  // namespace verdict::graph

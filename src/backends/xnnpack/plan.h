#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "verdict/backends/backend.h"
#include "verdict/backends/xnnpack/linear.h"

namespace verdict::xnnpack {

/// A graph with its kernels, weights and the lifetimes of its values.
class XnnpackPlan final : public Plan, public std::enable_shared_from_this<XnnpackPlan> {
 public:
  /// `alone` is `machine` with one thread.
  XnnpackPlan(graph::Graph graph, std::shared_ptr<const XnnpackWeights> weights,
              std::shared_ptr<const Machine> machine, std::shared_ptr<const Machine> alone,
              std::uint64_t seed);

  const graph::Graph& graph() const override { return graph_; }
  std::unique_ptr<Context> create_context(bool alone) const override;

  const XnnpackWeights& weights() const { return *weights_; }
  ComputeType type() const { return weights_->type(); }
  std::uint64_t seed() const { return seed_; }

  /// Index of the last node that reads the value; the number of nodes for an output; nothing for
  /// one that nobody reads.
  std::optional<std::size_t> last_use(graph::Value value) const {
    return last_use_[static_cast<std::size_t>(value.id)];
  }

  /// Whether the value depends on nothing but parameters, so that it is computed once.
  bool is_constant(graph::Value value) const {
    return constant_[static_cast<std::size_t>(value.id)];
  }

  /// The parameter that a TableOp gives as its output; null for every other value.
  const float* table_values(graph::Value value) const {
    return tables_[static_cast<std::size_t>(value.id)];
  }

 private:
  void find_constants();

  graph::Graph graph_;
  std::shared_ptr<const XnnpackWeights> weights_;
  std::shared_ptr<const Machine> machine_;
  std::shared_ptr<const Machine> alone_;
  std::uint64_t seed_;
  std::vector<std::optional<std::size_t>> last_use_;
  std::vector<bool> constant_;        // by value
  std::vector<const float*> tables_;  // by value
};

}  // namespace verdict::xnnpack

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
  XnnpackPlan(graph::Graph graph, std::shared_ptr<const XnnpackWeights> weights,
              std::shared_ptr<const Machine> machine, std::uint64_t seed);

  const graph::Graph& graph() const override { return graph_; }
  std::unique_ptr<Context> create_context() const override;

  const XnnpackWeights& weights() const { return *weights_; }
  const Machine& machine() const { return *machine_; }
  ComputeType type() const { return weights_->type(); }
  std::uint64_t seed() const { return seed_; }

  /// Index of the last node that reads the value; the number of nodes for an output; nothing for
  /// one that nobody reads.
  std::optional<std::size_t> last_use(graph::Value value) const {
    return last_use_[static_cast<std::size_t>(value.id)];
  }

 private:
  graph::Graph graph_;
  std::shared_ptr<const XnnpackWeights> weights_;
  std::shared_ptr<const Machine> machine_;
  std::uint64_t seed_;
  std::vector<std::optional<std::size_t>> last_use_;
};

}  // namespace verdict::xnnpack

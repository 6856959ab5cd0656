#include "verdict/backends/xnnpack/plan.h"

#include "verdict/backends/xnnpack/context.h"

namespace verdict::xnnpack {

XnnpackPlan::XnnpackPlan(graph::Graph graph, std::shared_ptr<const XnnpackWeights> weights,
                         std::shared_ptr<const Machine> machine, std::uint64_t seed)
    : graph_(std::move(graph)),
      weights_(std::move(weights)),
      machine_(std::move(machine)),
      seed_(seed),
      last_use_(graph_.values().size()) {
  for (std::size_t i = 0; i < graph_.nodes().size(); ++i) {
    for (const graph::Value input : graph_.nodes()[i].inputs)
      last_use_[static_cast<std::size_t>(input.id)] = i;
  }
  for (const graph::Output& output : graph_.outputs()) {
    last_use_[static_cast<std::size_t>(output.value.id)] = graph_.nodes().size();
  }
}

std::unique_ptr<Context> XnnpackPlan::create_context() const {
  return std::make_unique<XnnpackContext>(shared_from_this());
}

}  // namespace verdict::xnnpack

#include "verdict/backends/xnnpack/plan.h"

#include <algorithm>

#include "verdict/backends/xnnpack/context.h"

namespace verdict::xnnpack {

XnnpackPlan::XnnpackPlan(graph::Graph graph, std::shared_ptr<const XnnpackWeights> weights,
                         std::shared_ptr<const Machine> machine,
                         std::shared_ptr<const Machine> alone, std::uint64_t seed)
    : graph_(std::move(graph)),
      weights_(std::move(weights)),
      machine_(std::move(machine)),
      alone_(std::move(alone)),
      seed_(seed),
      last_use_(graph_.values().size()),
      constant_(graph_.values().size()),
      tables_(graph_.values().size()) {
  find_constants();
  for (std::size_t i = 0; i < graph_.nodes().size(); ++i) {
    for (const graph::Value input : graph_.nodes()[i].inputs)
      last_use_[static_cast<std::size_t>(input.id)] = i;
  }
  for (const graph::Output& output : graph_.outputs()) {
    last_use_[static_cast<std::size_t>(output.value.id)] = graph_.nodes().size();
  }
}

void XnnpackPlan::find_constants() {
  for (const graph::Node& node : graph_.nodes()) {
    const auto* table = std::get_if<graph::TableOp>(&node.op);
    if (table != nullptr) {
      tables_[static_cast<std::size_t>(node.outputs[0].id)] = weights_->vector(table->table);
    }
    const bool is_random = std::holds_alternative<graph::DropoutOp>(node.op);
    const bool by_constants =
        !node.inputs.empty() && !is_random &&
        std::ranges::all_of(node.inputs, [&](graph::Value input) { return is_constant(input); });
    if (table == nullptr && !by_constants) continue;
    for (const graph::Value output : node.outputs)
      constant_[static_cast<std::size_t>(output.id)] = true;
  }
}

std::unique_ptr<Context> XnnpackPlan::create_context(bool alone) const {
  return std::make_unique<XnnpackContext>(shared_from_this(), alone ? *alone_ : *machine_);
}

}  // namespace verdict::xnnpack

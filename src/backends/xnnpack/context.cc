#include "verdict/backends/xnnpack/context.h"

#include <algorithm>

#include "verdict/backends/xnnpack/cpu.h"
#include "verdict/base/error.h"
#include "verdict/graph/memory_plan.h"

namespace verdict::xnnpack {

using graph::Value;

void XnnpackContext::run(const graph::Batch& batch) {
  if (batch.rows() == 0)
    throw Error(ErrorCode::kInvalidArgument, "The batch is empty; give at least one sequence.");
  const DenormalsAsZero denormals;
  counters_ = {};
  ++run_count_;
  batch_ = &batch;
  bind(batch);
  const auto& nodes = plan_->graph().nodes();
  for (const bool constants : {true, false}) {
    if (constants && has_constants_) continue;
    for (node_ = 0; node_ < nodes.size(); ++node_) {
      const graph::Node& node = nodes[node_];
      if (plan_->is_constant(node.outputs[0]) != constants) continue;
      std::visit([&](const auto& op) { execute(node, op); }, node.op);
    }
    has_constants_ = true;
  }
  batch_ = nullptr;
}

void XnnpackContext::bind(const graph::Batch& batch) {
  const graph::Graph& graph = plan_->graph();
  sizes_ = std::make_unique<graph::BoundSizes>(graph, batch);
  value_offsets_.resize(graph.values().size());
  scratch_offsets_.resize(graph.nodes().size());
  std::vector<std::size_t> constant;
  std::vector<std::size_t> others;
  for (std::size_t i = 0; i < graph.nodes().size(); ++i) {
    // A table's value is the parameter itself.
    if (std::holds_alternative<graph::TableOp>(graph.nodes()[i].op)) continue;
    (plan_->is_constant(graph.nodes()[i].outputs[0]) ? constant : others).push_back(i);
  }
  if (!has_constants_) place(constant, true, constants_);
  place(others, false, arena_);
}

void XnnpackContext::place(std::span<const std::size_t> nodes, bool constants,
                           AlignedBuffer& buffer) {
  const graph::Graph& graph = plan_->graph();
  // What a buffer is for: a value, or the scratch of a node.
  std::vector<std::int64_t*> owners;
  std::vector<graph::Lifetime> buffers;
  for (const std::size_t i : nodes) {
    const graph::Node& node = graph.nodes()[i];
    for (const Value output : node.outputs) {
      if (!is_read(output)) continue;
      // Constants live for ever.
      const std::size_t last = constants ? graph.nodes().size() : *plan_->last_use(output);
      owners.push_back(&value_offsets_[static_cast<std::size_t>(output.id)]);
      buffers.push_back({sizes_->element_count(graph.info(output).shape) * 4, i, last});
    }
    if (const std::uint64_t bytes = scratch_bytes(node); bytes > 0) {
      owners.push_back(&scratch_offsets_[i]);
      buffers.push_back({static_cast<std::int64_t>(bytes), i, i});
    }
  }
  // Kernels read past the end of their inputs, so buffers keep a distance.
  for (graph::Lifetime& lifetime : buffers)
    lifetime.bytes += static_cast<std::int64_t>(AlignedBuffer::kOverread);
  const graph::MemoryPlan memory = graph::plan_memory(buffers, AlignedBuffer::kAlignment);
  for (std::size_t i = 0; i < owners.size(); ++i) *owners[i] = memory.offsets[i];
  if (static_cast<std::uint64_t>(memory.total) > buffer.size()) {
    buffer = AlignedBuffer();  // the old one is not needed while the new one is made
    buffer = AlignedBuffer(static_cast<std::uint64_t>(memory.total));
  }
}

std::span<const float> XnnpackContext::output(std::size_t index) const {
  const Value value = plan_->graph().outputs().at(index).value;
  const auto count =
      static_cast<std::size_t>(sizes_->element_count(plan_->graph().info(value).shape));
  return {floats(value), count};
}

const std::byte* XnnpackContext::data(Value value) const {
  const AlignedBuffer& buffer = plan_->is_constant(value) ? constants_ : arena_;
  if (const float* table = plan_->table_values(value))
    return reinterpret_cast<const std::byte*>(table);
  return buffer.data() + value_offsets_[static_cast<std::size_t>(value.id)];
}

std::byte* XnnpackContext::out_data(Value value) {
  AlignedBuffer& buffer = plan_->is_constant(value) ? constants_ : arena_;
  return buffer.data() + value_offsets_[static_cast<std::size_t>(value.id)];
}

std::byte* XnnpackContext::scratch() {
  const bool constant = plan_->is_constant(plan_->graph().nodes()[node_].outputs[0]);
  return (constant ? constants_ : arena_).data() + scratch_offsets_[node_];
}

std::size_t XnnpackContext::rows(Value value) const {
  return static_cast<std::size_t>(sizes_->axis_size(plan_->graph().info(value).shape[0]));
}

std::size_t XnnpackContext::columns(Value value) const {
  return static_cast<std::size_t>(plan_->graph().columns(value));
}

std::span<const std::int32_t> XnnpackContext::offsets(Value value) const {
  return sizes_->offsets(plan_->graph().info(value).shape[0].rows);
}

std::size_t XnnpackContext::longest_sequence(Value value) const {
  const auto bounds = offsets(value);
  std::int32_t longest = 0;
  for (std::size_t row = 0; row + 1 < bounds.size(); ++row)
    longest = std::max(longest, bounds[row + 1] - bounds[row]);
  return static_cast<std::size_t>(longest);
}

std::uint64_t XnnpackContext::node_seed() const {
  return plan_->seed() + run_count_ * 0x100000001b3u + node_;
}

std::uint64_t XnnpackContext::scratch_bytes(const graph::Node& node) const {
  if (std::holds_alternative<graph::LinearOp>(node.op)) {
    return product_scratch(machine_, plan_->type(), rows(node.inputs[0]), columns(node.inputs[0]));
  }
  const auto threads = static_cast<std::uint64_t>(machine_.pool.threads());
  if (const auto* attention = std::get_if<graph::AttentionOp>(&node.op))
    return attention_scratch_floats(node, *attention) * sizeof(float) * threads;
  if (const auto* nystrom = std::get_if<graph::NystromAttentionOp>(&node.op))
    return nystrom_scratch_floats(node, *nystrom) * sizeof(float) * threads;
  if (const auto* convolution = std::get_if<graph::ConvolutionOp>(&node.op))
    return convolution_scratch(node, *convolution);
  return 0;
}

}  // namespace verdict::xnnpack

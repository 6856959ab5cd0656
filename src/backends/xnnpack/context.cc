#include "verdict/backends/xnnpack/context.h"

#include <algorithm>
#include <cstring>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"
#include "verdict/graph/memory_plan.h"

namespace verdict::xnnpack {

namespace {

using graph::Value;

/// Rows a task of the row-wise ops: large enough to outweigh its start.
constexpr std::size_t kRowBlock = 16;

void check_range(const graph::InputOp& op, const graph::Batch& batch,
                 std::span<const std::int32_t> values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] >= 0 && values[i] < op.limit) continue;
    std::string place;
    if (op.segmentation == graph::Graph::kTokens) {
      const auto row = std::upper_bound(batch.offsets.begin(), batch.offsets.end(),
                                        static_cast<std::int32_t>(i)) -
                       batch.offsets.begin() - 1;
      place = concat(" at row ", row, ", column ", batch.columns[i]);
    }
    throw Error(ErrorCode::kInvalidArgument, concat(op.name, " has ", values[i], place,
                                                    "; the model knows 0 to ", op.limit - 1, "."));
  }
}

}  // namespace

void XnnpackContext::run(const graph::Batch& batch) {
  if (batch.rows() == 0)
    throw Error(ErrorCode::kInvalidArgument, "The batch is empty; give at least one sequence.");
  counters_ = {};
  ++run_count_;
  batch_ = &batch;
  bind(batch);
  for (node_ = 0; node_ < plan_->graph().nodes().size(); ++node_) {
    const graph::Node& node = plan_->graph().nodes()[node_];
    std::visit([&](const auto& op) { execute(node, op); }, node.op);
  }
  batch_ = nullptr;
}

void XnnpackContext::bind(const graph::Batch& batch) {
  const graph::Graph& graph = plan_->graph();
  sizes_ = std::make_unique<graph::BoundSizes>(graph, batch);

  // Values first, scratch of the nodes behind them.
  std::vector<graph::Lifetime> buffers(graph.values().size() + graph.nodes().size());
  for (std::size_t i = 0; i < graph.nodes().size(); ++i) {
    const graph::Node& node = graph.nodes()[i];
    for (const Value output : node.outputs) {
      if (!is_read(output)) continue;
      const std::int64_t bytes = sizes_->element_count(graph.info(output).shape) * 4;
      buffers[static_cast<std::size_t>(output.id)] = {bytes, i, *plan_->last_use(output)};
    }
    buffers[graph.values().size() + i] = {static_cast<std::int64_t>(scratch_bytes(node)), i, i};
  }
  // Kernels read past the end of their inputs, so buffers keep a distance.
  for (graph::Lifetime& buffer : buffers) {
    if (buffer.bytes > 0) buffer.bytes += static_cast<std::int64_t>(AlignedBuffer::kOverread);
  }
  const graph::MemoryPlan memory = graph::plan_memory(buffers, AlignedBuffer::kAlignment);
  const auto values = static_cast<std::ptrdiff_t>(graph.values().size());
  value_offsets_.assign(memory.offsets.begin(), memory.offsets.begin() + values);
  scratch_offsets_.assign(memory.offsets.begin() + values, memory.offsets.end());
  if (static_cast<std::uint64_t>(memory.total) > arena_.size()) {
    arena_ = AlignedBuffer();  // the old arena is not needed while the new one is made
    arena_ = AlignedBuffer(static_cast<std::uint64_t>(memory.total));
  }
}

std::span<const float> XnnpackContext::output(std::size_t index) const {
  const Value value = plan_->graph().outputs().at(index).value;
  const auto count =
      static_cast<std::size_t>(sizes_->element_count(plan_->graph().info(value).shape));
  const std::byte* data = arena_.data() + value_offsets_[static_cast<std::size_t>(value.id)];
  return {reinterpret_cast<const float*>(data), count};
}

template <typename Body>
void XnnpackContext::for_rows(std::size_t rows, const Body& body) const {
  plan_->machine().pool.run((rows + kRowBlock - 1) / kRowBlock,
                            [&](std::size_t block, std::size_t) {
                              body(block * kRowBlock, std::min(rows, (block + 1) * kRowBlock));
                            });
}

float* XnnpackContext::floats(Value value) {
  return reinterpret_cast<float*>(arena_.data() +
                                  value_offsets_[static_cast<std::size_t>(value.id)]);
}

std::int32_t* XnnpackContext::ints(Value value) {
  return reinterpret_cast<std::int32_t*>(arena_.data() +
                                         value_offsets_[static_cast<std::size_t>(value.id)]);
}

std::size_t XnnpackContext::rows(Value value) const {
  return static_cast<std::size_t>(sizes_->axis_size(plan_->graph().info(value).shape[0]));
}

std::size_t XnnpackContext::columns(Value value) const {
  return static_cast<std::size_t>(plan_->graph().columns(value));
}

std::uint64_t XnnpackContext::node_seed() const {
  return plan_->seed() + run_count_ * 0x100000001b3u + node_;
}

std::uint64_t XnnpackContext::attention_scratch_floats(const graph::Node& node,
                                                       const graph::AttentionOp& op) const {
  const auto offsets = sizes_->offsets(plan_->graph().info(node.inputs[1]).shape[0].rows);
  std::int32_t longest = 0;
  for (std::size_t row = 0; row + 1 < offsets.size(); ++row)
    longest = std::max(longest, offsets[row + 1] - offsets[row]);
  return plan_->machine().kernels->attention_scratch(static_cast<std::uint64_t>(longest),
                                                     static_cast<std::uint64_t>(op.head_size));
}

std::uint64_t XnnpackContext::scratch_bytes(const graph::Node& node) const {
  if (std::holds_alternative<graph::LinearOp>(node.op)) {
    return product_scratch(plan_->type(), rows(node.inputs[0]), columns(node.inputs[0]));
  }
  if (const auto* attention = std::get_if<graph::AttentionOp>(&node.op)) {
    return attention_scratch_floats(node, *attention) * sizeof(float) *
           static_cast<std::uint64_t>(plan_->machine().pool.threads());
  }
  return 0;
}

void XnnpackContext::execute(const graph::Node& node, const graph::InputOp& op) {
  const Value output = node.outputs[0];
  if (!is_read(output)) return;
  const std::span<std::int32_t> values(ints(output), rows(output));
  op.prelude(*batch_, values);
  check_range(op, *batch_, values);
}

void XnnpackContext::execute(const graph::Node& node, const graph::EmbeddingOp& op) {
  const Table& table = plan_->weights().table(op.table);
  const std::int32_t* ids = ints(node.inputs[0]);
  float* out = floats(node.outputs[0]);
  for_rows(rows(node.outputs[0]), [&](std::size_t first, std::size_t last) {
    for (std::size_t row = first; row < last; ++row) {
      const auto id = static_cast<std::size_t>(ids[row]);
      if (table.scales.empty()) {
        std::memcpy(out + row * table.columns, table.rows.data() + id * table.columns,
                    table.columns * sizeof(float));
      } else {
        plan_->machine().kernels->dequantize_row(table.columns,
                                                 table.quantized_rows.data() + id * table.columns,
                                                 table.scales[id], out + row * table.columns);
      }
    }
  });
}

void XnnpackContext::execute(const graph::Node& node, const graph::LinearOp& op) {
  std::vector<ProductPart> parts;
  for (std::size_t i = 0; i < op.parts.size(); ++i) {
    if (!is_read(node.outputs[i])) continue;
    parts.push_back(
        {&plan_->weights().linear(op.parts[i]), columns(node.outputs[i]), floats(node.outputs[i])});
  }
  std::byte* scratch = arena_.data() + scratch_offsets_[node_];
  run_product(plan_->machine(), plan_->type(),
              {rows(node.inputs[0]), columns(node.inputs[0]), floats(node.inputs[0]), parts,
               op.activation, scratch},
              counters_);
}

void XnnpackContext::execute(const graph::Node& node, const graph::LayerNormOp& op) {
  const std::size_t n = columns(node.inputs[0]);
  const float* x = floats(node.inputs[0]);
  const float* residual = node.inputs.size() == 2 ? floats(node.inputs[1]) : nullptr;
  const float* weight = plan_->weights().vector(op.weight);
  const float* bias = plan_->weights().vector(op.bias);
  float* out = floats(node.outputs[0]);
  for_rows(rows(node.inputs[0]), [&](std::size_t first, std::size_t last) {
    for (std::size_t row = first; row < last; ++row) {
      plan_->machine().kernels->layer_norm(n, x + row * n,
                                           residual == nullptr ? nullptr : residual + row * n,
                                           weight, bias, static_cast<float>(op.eps), out + row * n);
    }
  });
}

void XnnpackContext::execute(const graph::Node& node, const graph::ActivationOp& op) {
  const std::size_t n = columns(node.inputs[0]);
  const float* x = floats(node.inputs[0]);
  float* out = floats(node.outputs[0]);
  for_rows(rows(node.inputs[0]), [&](std::size_t first, std::size_t last) {
    std::memcpy(out + first * n, x + first * n, (last - first) * n * sizeof(float));
    plan_->machine().kernels->activate(op.activation, (last - first) * n, out + first * n);
  });
}

void XnnpackContext::execute(const graph::Node& node, const graph::AddOp&) {
  const std::size_t n = columns(node.inputs[0]);
  const float* a = floats(node.inputs[0]);
  const float* b = floats(node.inputs[1]);
  float* out = floats(node.outputs[0]);
  for_rows(rows(node.inputs[0]), [&](std::size_t first, std::size_t last) {
    plan_->machine().kernels->add((last - first) * n, a + first * n, b + first * n,
                                  out + first * n);
  });
}

void XnnpackContext::execute(const graph::Node& node, const graph::AttentionOp& op) {
  const graph::Graph& graph = plan_->graph();
  const auto query_offsets = sizes_->offsets(graph.info(node.inputs[0]).shape[0].rows);
  const auto key_offsets = sizes_->offsets(graph.info(node.inputs[1]).shape[0].rows);
  const auto pair_offsets = sizes_->pair_offsets(graph.info(node.inputs[0]).shape[0].rows,
                                                 graph.info(node.inputs[1]).shape[0].rows);
  const auto heads = static_cast<std::size_t>(op.heads);
  const auto head_size = static_cast<std::size_t>(op.head_size);
  const std::size_t width = heads * head_size;
  const auto scratch_floats = static_cast<std::size_t>(attention_scratch_floats(node, op));
  auto* scratch = reinterpret_cast<float*>(arena_.data() + scratch_offsets_[node_]);
  float* probabilities = is_read(node.outputs[1]) ? floats(node.outputs[1]) : nullptr;
  const std::uint64_t seed = node_seed();

  const std::size_t sequences = query_offsets.size() - 1;
  plan_->machine().pool.run(sequences * heads, [&](std::size_t task, std::size_t thread) {
    const std::size_t sequence = task / heads;
    const std::size_t head = task % heads;
    const auto first_query = static_cast<std::size_t>(query_offsets[sequence]);
    const auto first_key = static_cast<std::size_t>(key_offsets[sequence]);
    AttentionHead work{};
    work.queries = static_cast<std::size_t>(query_offsets[sequence + 1]) - first_query;
    work.keys = static_cast<std::size_t>(key_offsets[sequence + 1]) - first_key;
    work.head_size = head_size;
    work.query = floats(node.inputs[0]) + first_query * width + head * head_size;
    work.key = floats(node.inputs[1]) + first_key * width + head * head_size;
    work.value = floats(node.inputs[2]) + first_key * width + head * head_size;
    work.context = floats(node.outputs[0]) + first_query * width + head * head_size;
    work.query_stride = work.key_stride = work.value_stride = work.context_stride = width;
    work.scale = static_cast<float>(op.scale);
    work.dropout = static_cast<float>(op.dropout);
    work.dropout_seed = seed + task * 0x9e3779b97f4a7c15u;
    if (probabilities != nullptr) {
      work.probabilities = probabilities +
                           static_cast<std::size_t>(pair_offsets[sequence]) * heads +
                           head * work.queries * work.keys;
    }
    plan_->machine().kernels->attention(work, scratch + thread * scratch_floats);
  });
  counters_.float_multiplications += 2 * pair_offsets.back() * op.heads * op.head_size;
}

void XnnpackContext::execute(const graph::Node& node, const graph::SelectRowsOp&) {
  const std::size_t n = columns(node.inputs[0]);
  const std::size_t available = rows(node.inputs[0]);
  const float* x = floats(node.inputs[0]);
  const std::int32_t* index = ints(node.inputs[1]);
  float* out = floats(node.outputs[0]);
  for (std::size_t row = 0; row < rows(node.outputs[0]); ++row) {
    const auto from = static_cast<std::size_t>(index[row]);
    if (from >= available)
      throw Error(ErrorCode::kInternal, concat("Row ", from, " of ", available, " was selected."));
    std::memcpy(out + row * n, x + from * n, n * sizeof(float));
  }
}

void XnnpackContext::execute(const graph::Node& node, const graph::DropoutOp& op) {
  const std::size_t count = rows(node.inputs[0]) * columns(node.inputs[0]);
  const float* x = floats(node.inputs[0]);
  float* out = floats(node.outputs[0]);
  const auto p = static_cast<float>(op.p);
  for (std::size_t i = 0; i < count; ++i)
    out[i] = hashed_uniform(node_seed(), i) < p ? 0 : x[i] / (1 - p);
}

}  // namespace verdict::xnnpack

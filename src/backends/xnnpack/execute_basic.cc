#include <algorithm>
#include <cstring>

#include "verdict/backends/xnnpack/context.h"
#include "verdict/base/error.h"
#include "verdict/base/strings.h"

namespace verdict::xnnpack {

namespace {

void check_range(const graph::InputOp& op, const graph::Batch& batch,
                 std::span<const std::int32_t> values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] >= 0 && values[i] < op.limit) continue;
    std::string place;
    if (op.segmentation == graph::Graph::kTokens) {
      const auto row = std::upper_bound(batch.offsets.begin(), batch.offsets.end(),
                                        static_cast<std::int32_t>(i)) -
                       batch.offsets.begin() - 1;
      place = concat(" at row ", batch.first_row + row, ", column ", batch.columns[i]);
    }
    throw Error(ErrorCode::kInvalidArgument, concat(op.name, " has ", values[i], place,
                                                    "; the model knows 0 to ", op.limit - 1, "."));
  }
}

}  // namespace

void XnnpackContext::execute(const graph::Node& node, const graph::InputOp& op) {
  const graph::Value output = node.outputs[0];
  if (!is_read(output)) return;
  const std::span<std::int32_t> values(out_ints(output), rows(output));
  op.prelude(*batch_, values);
  check_range(op, *batch_, values);
}

void XnnpackContext::execute(const graph::Node& node, const graph::FloatInputOp& op) {
  const graph::Value output = node.outputs[0];
  if (!is_read(output)) return;
  op.prelude(*batch_, std::span(out_floats(output), rows(output) * columns(output)));
}

void XnnpackContext::execute(const graph::Node&, const graph::TableOp&) {}

void XnnpackContext::execute(const graph::Node& node, const graph::EmbeddingOp& op) {
  const Table& table = plan_->weights().table(op.table);
  const std::int32_t* ids = ints(node.inputs[0]);
  float* out = out_floats(node.outputs[0]);
  for_rows(rows(node.outputs[0]), [&](std::size_t first, std::size_t last) {
    for (std::size_t row = first; row < last; ++row) {
      const auto id = static_cast<std::size_t>(ids[row]);
      if (table.scales.empty()) {
        std::memcpy(out + row * table.columns, table.rows.data() + id * table.columns,
                    table.columns * sizeof(float));
      } else {
        machine_.kernels->dequantize_row(table.columns,
                                         table.quantized_rows.data() + id * table.columns,
                                         table.scales[id], out + row * table.columns);
      }
    }
  });
}

void XnnpackContext::execute(const graph::Node& node, const graph::LinearOp& op) {
  const auto groups = static_cast<std::size_t>(op.groups);
  const std::size_t stride = columns(node.inputs[0]);
  const std::size_t in = stride / groups;
  for (std::size_t group = 0; group < groups; ++group) {
    std::vector<ProductPart> parts;
    for (std::size_t i = 0; i < op.parts.size(); ++i) {
      const graph::Value output = node.outputs[i];
      if (!is_read(output)) continue;
      const std::size_t out = columns(output) / groups;
      parts.push_back({&plan_->weights().linear(op.parts[i]).groups[group], out,
                       out_floats(output) + group * out, columns(output)});
    }
    run_product(machine_, plan_->type(),
                {rows(node.inputs[0]), in, floats(node.inputs[0]) + group * in, stride, parts,
                 op.activation, scratch()},
                counters_);
  }
}

void XnnpackContext::execute(const graph::Node& node, const graph::NormOp& op) {
  const std::size_t n = columns(node.inputs[0]);
  const std::size_t size = op.size == 0 ? n : static_cast<std::size_t>(op.size);
  const auto vector = [&](std::optional<graph::ParameterId> parameter) {
    return parameter ? plan_->weights().vector(*parameter) : nullptr;
  };
  const Norm norm{size,
                  op.kind == graph::NormOp::Kind::kRms,
                  vector(op.weight),
                  vector(op.bias),
                  static_cast<float>(op.eps),
                  static_cast<float>(op.weight_offset)};
  const float* x = floats(node.inputs[0]);
  const float* residual = node.inputs.size() == 2 ? floats(node.inputs[1]) : nullptr;
  float* out = out_floats(node.outputs[0]);
  for_rows(rows(node.inputs[0]), [&](std::size_t first, std::size_t last) {
    for (std::size_t at = first * n; at < last * n; at += size) {
      machine_.kernels->norm(norm, x + at, residual == nullptr ? nullptr : residual + at, out + at);
    }
  });
}

void XnnpackContext::execute(const graph::Node& node, const graph::ActivationOp& op) {
  const std::size_t n = columns(node.inputs[0]);
  const float* x = floats(node.inputs[0]);
  float* out = out_floats(node.outputs[0]);
  for_rows(rows(node.inputs[0]), [&](std::size_t first, std::size_t last) {
    std::memcpy(out + first * n, x + first * n, (last - first) * n * sizeof(float));
    machine_.kernels->activate(op.activation, last - first, n, out + first * n, n);
  });
}

void XnnpackContext::execute(const graph::Node& node, const graph::AddOp&) {
  const std::size_t n = columns(node.inputs[0]);
  const float* a = floats(node.inputs[0]);
  const float* b = floats(node.inputs[1]);
  float* out = out_floats(node.outputs[0]);
  for_rows(rows(node.inputs[0]), [&](std::size_t first, std::size_t last) {
    machine_.kernels->add((last - first) * n, a + first * n, b + first * n, out + first * n);
  });
}

void XnnpackContext::execute(const graph::Node& node, const graph::MultiplyOp&) {
  const std::size_t n = columns(node.inputs[0]);
  const bool by_row = columns(node.inputs[1]) != n;
  const float* a = floats(node.inputs[0]);
  const float* b = floats(node.inputs[1]);
  float* out = out_floats(node.outputs[0]);
  for_rows(rows(node.inputs[0]), [&](std::size_t first, std::size_t last) {
    if (!by_row) {
      machine_.kernels->multiply((last - first) * n, a + first * n, b + first * n, out + first * n);
      return;
    }
    for (std::size_t row = first; row < last; ++row) {
      for (std::size_t i = 0; i < n; ++i) out[row * n + i] = a[row * n + i] * b[row];
    }
  });
}

void XnnpackContext::execute(const graph::Node& node, const graph::ScaleOp& op) {
  const std::size_t n = columns(node.inputs[0]);
  const auto factor = static_cast<float>(op.factor);
  const float* x = floats(node.inputs[0]);
  float* out = out_floats(node.outputs[0]);
  for_rows(rows(node.inputs[0]), [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first * n; i < last * n; ++i) out[i] = x[i] * factor;
  });
}

void XnnpackContext::execute(const graph::Node& node, const graph::AffineOp& op) {
  const std::size_t n = columns(node.inputs[0]);
  const float* weight = op.weight ? plan_->weights().vector(*op.weight) : nullptr;
  const float* bias = op.bias ? plan_->weights().vector(*op.bias) : nullptr;
  const float* x = floats(node.inputs[0]);
  float* out = out_floats(node.outputs[0]);
  for_rows(rows(node.inputs[0]), [&](std::size_t first, std::size_t last) {
    for (std::size_t row = first; row < last; ++row) {
      for (std::size_t i = 0; i < n; ++i) {
        const float scaled = weight == nullptr ? x[row * n + i] : x[row * n + i] * weight[i];
        out[row * n + i] = bias == nullptr ? scaled : scaled + bias[i];
      }
    }
  });
}

void XnnpackContext::execute(const graph::Node& node, const graph::ConcatColumnsOp&) {
  const std::size_t total = columns(node.outputs[0]);
  float* out = out_floats(node.outputs[0]);
  for (const graph::Value input : node.inputs) {
    const std::size_t n = columns(input);
    const float* x = floats(input);
    for (std::size_t row = 0; row < rows(input); ++row)
      std::memcpy(out + row * total, x + row * n, n * sizeof(float));
    out += n;
  }
}

void XnnpackContext::execute(const graph::Node& node, const graph::RotaryOp& op) {
  const auto heads = static_cast<std::size_t>(op.heads);
  const auto head_size = static_cast<std::size_t>(op.head_size);
  const std::size_t rotated = columns(node.inputs[1]);
  const std::size_t half = rotated / 2;
  const float* x = floats(node.inputs[0]);
  const float* table = floats(node.inputs[1]);
  float* out = out_floats(node.outputs[0]);
  for_rows(rows(node.inputs[0]), [&](std::size_t first, std::size_t last) {
    for (std::size_t row = first; row < last; ++row) {
      const float* cosines = table + row * rotated + (op.sines_first ? half : 0);
      const float* sines = table + row * rotated + (op.sines_first ? 0 : half);
      const float* from = x + row * heads * head_size;
      float* to = out + row * heads * head_size;
      if (!op.interleaved) {
        machine_.kernels->rotate_pairs(heads, head_size, half, from, cosines, sines, to);
        continue;
      }
      for (std::size_t head = 0; head < heads; ++head, from += head_size, to += head_size) {
        for (std::size_t i = 0; i < half; ++i) {
          const float a = from[2 * i];
          const float b = from[2 * i + 1];
          to[2 * i] = a * cosines[i] - b * sines[i];
          to[2 * i + 1] = b * cosines[i] + a * sines[i];
        }
        std::memcpy(to + rotated, from + rotated, (head_size - rotated) * sizeof(float));
      }
    }
  });
}

void XnnpackContext::execute(const graph::Node& node, const graph::SelectRowsOp&) {
  // Floats and integers have four bytes alike.
  const bool is_index = plan_->graph().info(node.inputs[0]).type == graph::ElementType::kInt32;
  const std::size_t row_bytes = (is_index ? 1 : columns(node.inputs[0])) * sizeof(float);
  const std::size_t available = rows(node.inputs[0]);
  const std::byte* x = data(node.inputs[0]);
  const std::int32_t* index = ints(node.inputs[1]);
  std::byte* out = out_data(node.outputs[0]);
  for (std::size_t row = 0; row < rows(node.outputs[0]); ++row) {
    const auto from = static_cast<std::size_t>(index[row]);
    if (from >= available)
      throw Error(ErrorCode::kInternal, concat("Row ", from, " of ", available, " was selected."));
    std::memcpy(out + row * row_bytes, x + from * row_bytes, row_bytes);
  }
}

void XnnpackContext::execute(const graph::Node& node, const graph::DropoutOp& op) {
  const std::size_t count = rows(node.inputs[0]) * columns(node.inputs[0]);
  const float* x = floats(node.inputs[0]);
  float* out = out_floats(node.outputs[0]);
  const auto p = static_cast<float>(op.p);
  for (std::size_t i = 0; i < count; ++i)
    out[i] = hashed_uniform(node_seed(), i) < p ? 0 : x[i] / (1 - p);
}

}  // namespace verdict::xnnpack

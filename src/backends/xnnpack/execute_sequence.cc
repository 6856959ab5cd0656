#include <algorithm>
#include <cmath>
#include <cstring>

#include "verdict/backends/xnnpack/context.h"

namespace verdict::xnnpack {

namespace {

/// Calls visit(first, last) for the rows of every sequence.
template <typename Visit>
void for_sequences(std::span<const std::int32_t> offsets, const Visit& visit) {
  for (std::size_t i = 0; i + 1 < offsets.size(); ++i)
    visit(static_cast<std::size_t>(offsets[i]), static_cast<std::size_t>(offsets[i + 1]));
}

/// The row `distance` rows behind `row`, when it lies inside [first, last).
std::optional<std::size_t> neighbour(std::size_t row, std::int64_t distance, std::size_t first,
                                     std::size_t last) {
  const std::int64_t other = static_cast<std::int64_t>(row) + distance;
  if (other < static_cast<std::int64_t>(first) || other >= static_cast<std::int64_t>(last))
    return std::nullopt;
  return static_cast<std::size_t>(other);
}

}  // namespace

void XnnpackContext::execute(const graph::Node& node, const graph::ShiftRowsOp& op) {
  const std::size_t n = columns(node.inputs[0]);
  const float* x = floats(node.inputs[0]);
  float* out = out_floats(node.outputs[0]);
  for_sequences(offsets(node.inputs[0]), [&](std::size_t first, std::size_t last) {
    for (std::size_t row = first; row < last; ++row) {
      if (const auto from = neighbour(row, op.offset, first, last)) {
        std::memcpy(out + row * n, x + *from * n, n * sizeof(float));
      } else {
        std::fill_n(out + row * n, n, 0.0f);
      }
    }
  });
}

void XnnpackContext::execute(const graph::Node& node, const graph::PrependRowsOp&) {
  const std::size_t n = columns(node.inputs[0]);
  const std::size_t prefix = rows(node.inputs[0]) * n;
  const float* shared = floats(node.inputs[0]);
  const float* x = floats(node.inputs[1]);
  float* out = out_floats(node.outputs[0]);
  for_sequences(offsets(node.inputs[1]), [&](std::size_t first, std::size_t last) {
    out = std::copy_n(shared, prefix, out);
    out = std::copy(x + first * n, x + last * n, out);
  });
}

void XnnpackContext::depthwise(const graph::Node& node, const graph::ConvolutionOp& op) {
  const std::size_t n = columns(node.inputs[0]);
  const std::size_t kernel =
      kernel_size(plan_->graph().parameters()[static_cast<std::size_t>(op.weight)].shape);
  const auto repeat = static_cast<std::size_t>(op.repeat);
  const float* stored = plan_->weights().vector(op.weight);
  const float* stored_bias = op.bias ? plan_->weights().vector(*op.bias) : nullptr;
  // By tap, so that neighbouring columns make vectors.
  std::vector<float> taps(kernel * n);
  float* next_tap = taps.data();
  for (std::size_t tap = 0; tap < kernel; ++tap) {
    for (std::size_t group = 0; group < n / repeat; ++group)
      next_tap = std::fill_n(next_tap, repeat, stored[group * kernel + tap]);
  }
  std::vector<float> bias(n);
  for (std::size_t i = 0; stored_bias != nullptr && i < n; ++i) bias[i] = stored_bias[i / repeat];
  const float* x = floats(node.inputs[0]);
  float* out = out_floats(node.outputs[0]);
  const auto bounds = offsets(node.inputs[0]);
  // So many columns' weights stay in the first cache for all rows of a task.
  constexpr std::size_t kColumns = 64;
  for_rows(rows(node.inputs[0]), [&](std::size_t begin, std::size_t end) {
    for (std::size_t column = 0; column < n; column += kColumns) {
      for (std::size_t row = begin; row < end; ++row) {
        const auto next =
            std::upper_bound(bounds.begin(), bounds.end(), static_cast<std::int32_t>(row));
        // The taps that lie on rows of the row's sequence.
        const std::int64_t start = static_cast<std::int64_t>(row) - op.left;
        const std::int64_t first = std::max<std::int64_t>(start, *(next - 1));
        const std::int64_t last =
            std::min<std::int64_t>(start + static_cast<std::int64_t>(kernel), *next);
        const bool any = first < last;
        const float* weights = taps.data() + static_cast<std::size_t>(any ? first - start : 0) * n;
        machine_.kernels->sum_taps(any ? static_cast<std::size_t>(last - first) : 0,
                                   std::min(kColumns, n - column), n, weights + column,
                                   x + static_cast<std::size_t>(any ? first : 0) * n + column,
                                   bias.data() + column, out + row * n + column);
      }
    }
  });
  counters_.float_multiplications += static_cast<std::int64_t>(rows(node.inputs[0]) * n * kernel);
}

std::uint64_t XnnpackContext::convolution_scratch(const graph::Node& node,
                                                  const graph::ConvolutionOp& op) const {
  if (is_depthwise(plan_->graph(), op)) return 0;
  const std::size_t kernel =
      kernel_size(plan_->graph().parameters()[static_cast<std::size_t>(op.weight)].shape);
  const std::uint64_t in = columns(node.inputs[0]) / static_cast<std::size_t>(op.groups) * kernel;
  const std::uint64_t count = rows(node.inputs[0]);
  return count * in * sizeof(float) + AlignedBuffer::kOverread +
         product_scratch(machine_, plan_->type(), count, in);
}

void XnnpackContext::execute(const graph::Node& node, const graph::ConvolutionOp& op) {
  if (is_depthwise(plan_->graph(), op)) return depthwise(node, op);
  const auto& shape = plan_->graph().parameters()[static_cast<std::size_t>(op.weight)].shape;
  const auto groups = static_cast<std::size_t>(op.groups);
  const std::size_t kernel = kernel_size(shape);
  const std::size_t n = columns(node.inputs[0]);
  const std::size_t in = n / groups;
  const std::size_t out = columns(node.outputs[0]) / groups;
  const std::size_t count = rows(node.inputs[0]);
  const float* x = floats(node.inputs[0]);
  // Row t: the inputs under the taps, one after another.
  auto* gathered = reinterpret_cast<float*>(scratch());
  const std::size_t width = kernel * in;
  for (std::size_t group = 0; group < groups; ++group) {
    for_sequences(offsets(node.inputs[0]), [&](std::size_t first, std::size_t last) {
      for (std::size_t row = first; row < last; ++row) {
        for (std::size_t tap = 0; tap < kernel; ++tap) {
          float* to = gathered + row * width + tap * in;
          const auto from = neighbour(row, static_cast<std::int64_t>(tap) - op.left, first, last);
          if (from) {
            std::copy_n(x + *from * n + group * in, in, to);
          } else {
            std::fill_n(to, in, 0.0f);
          }
        }
      }
    });
    const ProductPart part{&plan_->weights().convolution(op.weight).groups[group], out,
                           out_floats(node.outputs[0]) + group * out, groups * out};
    run_product(machine_, plan_->type(),
                {count, width, gathered, width, std::span(&part, 1), std::nullopt,
                 scratch() + count * width * sizeof(float) + AlignedBuffer::kOverread},
                counters_);
  }
}

void XnnpackContext::execute(const graph::Node& node, const graph::DynamicConvolutionOp& op) {
  const auto heads = static_cast<std::size_t>(op.heads);
  const auto width = static_cast<std::size_t>(op.width);
  const std::size_t n = columns(node.inputs[0]);
  const std::size_t size = n / heads;
  const float* x = floats(node.inputs[0]);
  const float* kernels = floats(node.inputs[1]);
  float* out = out_floats(node.outputs[0]);
  std::vector<float> taps(width);
  for_sequences(offsets(node.inputs[0]), [&](std::size_t first, std::size_t last) {
    for (std::size_t at = first * heads; at < last * heads; ++at) {
      const std::size_t row = at / heads;
      const float* logits = kernels + at * width;
      const float largest = *std::max_element(logits, logits + width);
      float total = 0;
      for (std::size_t tap = 0; tap < width; ++tap)
        total += taps[tap] = std::exp(logits[tap] - largest);
      float* to = out + at * size;
      std::fill_n(to, size, 0.0f);
      for (std::size_t tap = 0; tap < width; ++tap) {
        const auto from =
            neighbour(row, static_cast<std::int64_t>(tap) - op.width / 2, first, last);
        if (!from) continue;
        const float weight = taps[tap] / total;
        const float* values = x + *from * n + at % heads * size;
        for (std::size_t i = 0; i < size; ++i) to[i] += weight * values[i];
      }
    }
  });
  counters_.float_multiplications += static_cast<std::int64_t>(rows(node.inputs[0]) * n * width);
}

void XnnpackContext::execute(const graph::Node& node, const graph::PoolOp& op) {
  const std::size_t n = columns(node.inputs[0]);
  const float* x = floats(node.inputs[0]);
  float* out = out_floats(node.outputs[0]);
  for_sequences(offsets(node.inputs[0]), [&](std::size_t first, std::size_t last) {
    std::copy_n(x + first * n, n, out);
    for (std::size_t row = first + 1; row < last; ++row) {
      const float* values = x + row * n;
      for (std::size_t i = 0; i < n; ++i) {
        out[i] = op.kind == graph::PoolOp::Kind::kMean ? out[i] + values[i]
                                                       : std::max(out[i], values[i]);
      }
    }
    if (op.kind == graph::PoolOp::Kind::kMean) {
      for (std::size_t i = 0; i < n; ++i) out[i] /= static_cast<float>(last - first);
    }
    out += n;
  });
}

}  // namespace verdict::xnnpack

#include "verdict/backends/quantization.h"

#include <variant>

#include "verdict/backends/xnnpack/weights.h"

namespace verdict {

namespace {

using graph::ParameterId;

std::size_t product(std::span<const std::int64_t> sizes) {
  std::size_t out = 1;
  for (const std::int64_t size : sizes) out *= static_cast<std::size_t>(size);
  return out;
}

/// Finds the parameters that every op reads as rows, and as the same rows.
class Uses {
 public:
  explicit Uses(const graph::Graph& graph)
      : graph_(graph), rows_(graph.parameters().size()), is_float_(rows_.size()) {}

  void add_first_axis(ParameterId parameter) {
    const auto& shape = shape_of(parameter);
    add(parameter, {product(std::span(shape).first(1)), product(std::span(shape).subspan(1)), 1});
  }

  void add_part(const graph::LinearPart& part, std::int64_t groups) {
    const auto& shape = shape_of(part.weight);
    if (!part.transposed) {
      add_first_axis(part.weight);
    } else if (groups > 1) {
      add(part.weight, {static_cast<std::size_t>(shape[0]), static_cast<std::size_t>(shape[1]),
                        static_cast<std::size_t>(shape[2])});
    } else {
      add(part.weight,
          {1, static_cast<std::size_t>(shape[0]), product(std::span(shape).subspan(1))});
    }
    add_float(part.bias);
  }

  void add_float(std::optional<ParameterId> parameter) {
    if (parameter) is_float_[static_cast<std::size_t>(*parameter)] = 1;
  }

  std::vector<std::optional<QuantizedRows>> take() {
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      if (is_float_[i] != 0) rows_[i].reset();
    }
    return std::move(rows_);
  }

 private:
  const std::vector<std::int64_t>& shape_of(ParameterId parameter) const {
    return graph_.parameters()[static_cast<std::size_t>(parameter)].shape;
  }

  void add(ParameterId parameter, const QuantizedRows& rows) {
    auto& known = rows_[static_cast<std::size_t>(parameter)];
    if (known && *known != rows) add_float(parameter);
    known = rows;
  }

  const graph::Graph& graph_;
  std::vector<std::optional<QuantizedRows>> rows_;
  std::vector<char> is_float_;
};

}  // namespace

std::vector<std::optional<QuantizedRows>> quantized_rows(const graph::Graph& graph) {
  Uses uses(graph);
  for (const graph::Node& node : graph.nodes()) {
    if (const auto* linear = std::get_if<graph::LinearOp>(&node.op)) {
      for (const graph::LinearPart& part : linear->parts) uses.add_part(part, linear->groups);
    } else if (const auto* embedding = std::get_if<graph::EmbeddingOp>(&node.op)) {
      uses.add_first_axis(embedding->table);
    } else if (const auto* convolution = std::get_if<graph::ConvolutionOp>(&node.op)) {
      if (xnnpack::is_depthwise(graph, *convolution)) {
        uses.add_float(convolution->weight);
      } else {
        uses.add_first_axis(convolution->weight);
      }
      uses.add_float(convolution->bias);
    } else if (const auto* norm = std::get_if<graph::NormOp>(&node.op)) {
      uses.add_float(norm->weight);
      uses.add_float(norm->bias);
    } else if (const auto* affine = std::get_if<graph::AffineOp>(&node.op)) {
      uses.add_float(affine->weight);
      uses.add_float(affine->bias);
    } else if (const auto* table = std::get_if<graph::TableOp>(&node.op)) {
      uses.add_float(table->table);
    }
  }
  return uses.take();
}

std::vector<std::int64_t> scale_shape(const QuantizedRows& rows,
                                      std::span<const std::int64_t> weight_shape) {
  std::vector<std::int64_t> shape(weight_shape.begin(), weight_shape.end());
  std::size_t before = 1;
  for (std::int64_t& size : shape) {
    const std::size_t first = before;
    before *= static_cast<std::size_t>(size);
    if (first >= rows.outer && before <= rows.outer * rows.inputs) size = 1;
  }
  return shape;
}

void quantize_rows(const QuantizedRows& rows, std::span<const float> values,
                   std::span<std::int8_t> out, std::span<float> scales) {
  std::vector<float> row(rows.inputs);
  std::vector<std::int8_t> quantized(rows.inputs);
  for (std::size_t i = 0; i < rows.count(); ++i) {
    const std::size_t first = i / rows.inner * rows.inputs * rows.inner + i % rows.inner;
    for (std::size_t input = 0; input < rows.inputs; ++input)
      row[input] = values[first + input * rows.inner];
    scales[i] = xnnpack::quantize_symmetric(row, quantized);
    for (std::size_t input = 0; input < rows.inputs; ++input)
      out[first + input * rows.inner] = quantized[input];
  }
}

void dequantize_rows(const QuantizedRows& rows, std::span<const std::int8_t> values,
                     std::span<const float> scales, std::span<float> out) {
  for (std::size_t i = 0; i < values.size(); ++i)
    out[i] = scales[rows.row_of(i)] * static_cast<float>(values[i]);
}

}  // namespace verdict

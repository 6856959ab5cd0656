#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "verdict/graph/graph.h"

namespace verdict {

/// How q8 stores a weight: seen as [outer, inputs, inner], each (outer, inner) is a row with a
/// scale of its own.
struct QuantizedRows {
  std::size_t outer = 1;
  std::size_t inputs = 1;
  std::size_t inner = 1;
  friend bool operator==(const QuantizedRows&, const QuantizedRows&) = default;

  std::size_t count() const { return outer * inner; }
  /// The row of an element of the weight.
  std::size_t row_of(std::size_t element) const {
    return element / (inputs * inner) * inner + element % inner;
  }
};

/// By parameter: the rows of weights of products (but for depthwise convolutions) and of embedding
/// tables; nothing for what q8 keeps as float32.
std::vector<std::optional<QuantizedRows>> quantized_rows(const graph::Graph& graph);

/// The shape of the scales of a weight of this shape: its own, with 1 for the axes of a row's
/// inputs, so that weight = int8 · scale by broadcasting.
std::vector<std::int64_t> scale_shape(const QuantizedRows& rows,
                                      std::span<const std::int64_t> weight_shape);

/// Quantises a weight exactly as loading with dtype q8 does.
void quantize_rows(const QuantizedRows& rows, std::span<const float> values,
                   std::span<std::int8_t> out, std::span<float> scales);

/// The floats that such a weight stands for.
void dequantize_rows(const QuantizedRows& rows, std::span<const std::int8_t> values,
                     std::span<const float> scales, std::span<float> out);

}  // namespace verdict

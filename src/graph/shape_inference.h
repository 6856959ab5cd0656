#pragma once

#include <vector>

#include "verdict/graph/graph.h"

namespace verdict::graph {

/// The outputs of `op` over inputs of these types; throws `kInternal` when they do not fit.
std::vector<ValueInfo> infer_outputs(const Graph& graph, const Op& op,
                                     const std::vector<ValueInfo>& inputs);

/// A segmentation bound to a batch: offsets by sequence, size rows + 1.
using Offsets = std::vector<std::int32_t>;

/// The sizes of one batch: every symbol of a graph with its value.
class BoundSizes {
 public:
  /// Throws `kInvalidArgument` when the batch has too many rows or tokens for 32-bit offsets.
  BoundSizes(const Graph& graph, const Batch& batch);

  std::span<const std::int32_t> offsets(SegmentationId segmentation) const {
    return offsets_.at(static_cast<std::size_t>(segmentation));
  }

  /// Where each sequence's block of pairs begins, size rows + 1.
  std::vector<std::int64_t> pair_offsets(SegmentationId queries, SegmentationId keys) const;

  std::int64_t axis_size(const Axis& axis) const;
  std::int64_t element_count(const Shape& shape) const;

 private:
  std::vector<Offsets> offsets_;
};

}  // namespace verdict::graph

#include "verdict/graph/shape_inference.h"

#include <limits>
#include <utility>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"

namespace verdict::graph {

namespace {

/// Infers one op's outputs; every check names the op.
class Inference {
 public:
  Inference(const Graph& graph, const Op& op, const std::vector<ValueInfo>& inputs)
      : graph_(graph), name_(op_traits(op).name), inputs_(inputs) {}

  std::vector<ValueInfo> operator()(const InputOp& op) const {
    expect_inputs(0, 0);
    expect(op.segmentation >= 0 &&
               static_cast<std::size_t>(op.segmentation) < graph_.segmentations().size(),
           "its segmentation is unknown");
    expect(op.prelude != nullptr && op.limit > 0, "it has no prelude or no room for a value");
    return {{ElementType::kInt32, {Axis::segmented(op.segmentation)}}};
  }

  std::vector<ValueInfo> operator()(const EmbeddingOp& op) const {
    expect_inputs(1, 1);
    return {{ElementType::kFloat, {index_axis(0), Axis::fixed(parameter(op.table, 2)[1])}}};
  }

  std::vector<ValueInfo> operator()(const LinearOp& op) const {
    expect_inputs(1, 1);
    expect(!op.parts.empty(), "it has no weight");
    std::vector<ValueInfo> outputs;
    for (const LinearPart& part : op.parts) {
      const auto& weight = parameter(part.weight, 2);
      expect(weight[1] == columns(0), concat("the weight ", shape_string(weight),
                                             " does not fit an input of ", columns(0), " columns"));
      if (part.bias) expect_vector(*part.bias, weight[0]);
      outputs.push_back({ElementType::kFloat, {rows(0), Axis::fixed(weight[0])}});
    }
    return outputs;
  }

  std::vector<ValueInfo> operator()(const LayerNormOp& op) const {
    expect_inputs(1, 2);
    expect_vector(op.weight, columns(0));
    expect_vector(op.bias, columns(0));
    if (inputs_.size() == 2) expect_same(0, 1);
    return {inputs_[0]};
  }

  std::vector<ValueInfo> operator()(const ActivationOp&) const {
    expect_inputs(1, 1);
    columns(0);
    return {inputs_[0]};
  }

  std::vector<ValueInfo> operator()(const AddOp&) const {
    expect_inputs(2, 2);
    columns(0);
    expect_same(0, 1);
    return {inputs_[0]};
  }

  std::vector<ValueInfo> operator()(const AttentionOp& op) const {
    expect_inputs(3, 3);
    expect(op.heads > 0 && op.head_size > 0, "it has no heads");
    for (std::size_t i = 0; i < 3; ++i) {
      expect(columns(i) == op.heads * op.head_size,
             concat("input ", i, " has ", columns(i), " columns instead of ", op.heads, " × ",
                    op.head_size));
    }
    expect(rows(1) == rows(2), "key and value differ in their rows");
    return {
        {ElementType::kFloat, {rows(0), Axis::fixed(op.heads * op.head_size)}},
        {ElementType::kFloat, {Axis::pairs(rows(0).rows, rows(1).rows), Axis::fixed(op.heads)}}};
  }

  std::vector<ValueInfo> operator()(const SelectRowsOp&) const {
    expect_inputs(2, 2);
    return {{ElementType::kFloat, {index_axis(1), Axis::fixed(columns(0))}}};
  }

  std::vector<ValueInfo> operator()(const DropoutOp& op) const {
    expect_inputs(1, 1);
    expect(op.p >= 0 && op.p < 1, "its probability is outside [0, 1)");
    columns(0);
    return {inputs_[0]};
  }

 private:
  void expect(bool condition, std::string_view what) const {
    if (!condition) {
      throw Error(ErrorCode::kInternal,
                  concat("The graph's op ", name_, " is not well-formed: ", what, "."));
    }
  }

  void expect_inputs(std::size_t least, std::size_t most) const {
    expect(inputs_.size() >= least && inputs_.size() <= most,
           concat("it has ", inputs_.size(), " inputs"));
  }

  /// Columns of an input that must be a float matrix over segmented rows.
  std::int64_t columns(std::size_t i) const {
    const ValueInfo& info = inputs_[i];
    expect(info.type == ElementType::kFloat && info.shape.size() == 2 &&
               info.shape[0].kind == Axis::Kind::kRows && info.shape[1].kind == Axis::Kind::kFixed,
           concat("input ", i, " is no matrix of floats by row"));
    return info.shape[1].size;
  }

  Axis rows(std::size_t i) const {
    columns(i);
    return inputs_[i].shape[0];
  }

  Axis index_axis(std::size_t i) const {
    const ValueInfo& info = inputs_[i];
    expect(info.type == ElementType::kInt32 && info.shape.size() == 1,
           concat("input ", i, " is no list of indices"));
    return info.shape[0];
  }

  void expect_same(std::size_t a, std::size_t b) const {
    expect(inputs_[a].type == inputs_[b].type && inputs_[a].shape == inputs_[b].shape,
           "its inputs differ in shape");
  }

  const std::vector<std::int64_t>& parameter(ParameterId id, std::size_t rank) const {
    expect(id >= 0 && static_cast<std::size_t>(id) < graph_.parameters().size(),
           "its parameter is unknown");
    const auto& shape = graph_.parameters()[static_cast<std::size_t>(id)].shape;
    expect(shape.size() == rank, concat("its parameter has the shape ", shape_string(shape)));
    return shape;
  }

  void expect_vector(ParameterId id, std::int64_t size) const {
    expect(parameter(id, 1)[0] == size,
           concat("a vector of ", parameter(id, 1)[0], " meets ", size, " columns"));
  }

  const Graph& graph_;
  std::string_view name_;
  const std::vector<ValueInfo>& inputs_;
};

Offsets bind(const Segmentation& segmentation, const Batch& batch) {
  if (segmentation.rule == Segmentation::Rule::kTokens) return batch.offsets;
  const std::int64_t rows = batch.rows();
  if (rows * segmentation.count > std::numeric_limits<std::int32_t>::max()) {
    throw Error(ErrorCode::kInvalidArgument,
                concat("A batch of ", rows, " rows is too large; split it."));
  }
  Offsets offsets;
  offsets.reserve(static_cast<std::size_t>(rows) + 1);
  for (std::int64_t row = 0; row <= rows; ++row) {
    offsets.push_back(static_cast<std::int32_t>(row * segmentation.count));
  }
  return offsets;
}

}  // namespace

std::vector<ValueInfo> infer_outputs(const Graph& graph, const Op& op,
                                     const std::vector<ValueInfo>& inputs) {
  return std::visit(Inference(graph, op, inputs), op);
}

BoundSizes::BoundSizes(const Graph& graph, const Batch& batch) {
  offsets_.reserve(graph.segmentations().size());
  for (const Segmentation& segmentation : graph.segmentations())
    offsets_.push_back(bind(segmentation, batch));
}

std::vector<std::int64_t> BoundSizes::pair_offsets(SegmentationId queries,
                                                   SegmentationId keys) const {
  const auto q = offsets(queries);
  const auto k = offsets(keys);
  std::vector<std::int64_t> out{0};
  out.reserve(q.size());
  for (std::size_t row = 0; row + 1 < q.size(); ++row) {
    out.push_back(out.back() +
                  static_cast<std::int64_t>(q[row + 1] - q[row]) * (k[row + 1] - k[row]));
  }
  return out;
}

std::int64_t BoundSizes::axis_size(const Axis& axis) const {
  switch (axis.kind) {
    case Axis::Kind::kFixed:
      return axis.size;
    case Axis::Kind::kRows:
      return offsets(axis.rows).back();
    case Axis::Kind::kPairs:
      return pair_offsets(axis.rows, axis.key_rows).back();
  }
  throw Error(ErrorCode::kInternal, "An axis has no kind.");
}

std::int64_t BoundSizes::element_count(const Shape& shape) const {
  std::int64_t count = 1;
  for (const Axis& axis : shape) count *= axis_size(axis);
  return count;
}

}  // namespace verdict::graph

#include "verdict/graph/shape_inference.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "verdict/base/checked.h"
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
    expect_segmentation(op.segmentation);
    expect(op.prelude != nullptr && op.limit > 0, "it has no prelude or no room for a value");
    return {{ElementType::kInt32, {Axis::segmented(op.segmentation)}}};
  }

  std::vector<ValueInfo> operator()(const FloatInputOp& op) const {
    expect_inputs(0, 0);
    expect_segmentation(op.segmentation);
    expect(op.prelude != nullptr && op.columns > 0, "it has no prelude or no columns");
    return {floats(Axis::segmented(op.segmentation), op.columns)};
  }

  std::vector<ValueInfo> operator()(const TableOp& op) const {
    expect_inputs(0, 0);
    expect_segmentation(op.rows);
    const Segmentation& rows = graph_.segmentations()[static_cast<std::size_t>(op.rows)];
    const auto [count, columns] = matrix(op.table);
    expect(rows.rule == Segmentation::Rule::kShared && rows.count == count,
           concat("its parameter has ", count, " rows, its segmentation ", rows.count));
    return {floats(Axis::segmented(op.rows), columns)};
  }

  std::vector<ValueInfo> operator()(const EmbeddingOp& op) const {
    expect_inputs(1, 1);
    return {floats(index_axis(0), parameter(op.table, 2)[1])};
  }

  std::vector<ValueInfo> operator()(const LinearOp& op) const {
    expect_inputs(1, 1);
    expect(!op.parts.empty(), "it has no weight");
    expect(op.groups > 0 && columns(0) % op.groups == 0, "its groups do not divide the input");
    std::vector<ValueInfo> outputs;
    for (const LinearPart& part : op.parts) {
      auto [out, in] = matrix(part.weight);
      if (part.transposed && op.groups > 1) {
        const auto& shape = parameter(part.weight, 3);
        expect(shape[0] == op.groups && part.rows == RowSelection{},
               "a weight stored by group does not fit its groups");
        in = shape[1];
        out = shape[2] * op.groups;
      } else if (part.transposed) {
        std::swap(out, in);
      }
      expect(in * op.groups == columns(0), concat("a weight of ", in, " inputs in ", op.groups,
                                                  " groups meets ", columns(0), " columns"));
      if (part.bias) expect_vector(*part.bias, out);
      const RowSelection& rows = part.rows;
      const std::int64_t count = rows.count == 0 ? out : rows.count;
      expect(rows.first >= 0 && count > 0 && rows.block >= 0 && rows.stride >= rows.block,
             "its selection of rows is not well-formed");
      const std::int64_t last =
          rows.block == 0
              ? rows.first + count - 1
              : rows.first + (count - 1) / rows.block * rows.stride + (count - 1) % rows.block;
      expect(last < out, concat("row ", last, " of a weight with ", out, " is selected"));
      expect(count % op.groups == 0, "its groups do not divide the output");
      outputs.push_back(floats(this->rows(0), count));
    }
    return outputs;
  }

  std::vector<ValueInfo> operator()(const NormOp& op) const {
    expect_inputs(1, 2);
    const std::int64_t size = op.size == 0 ? columns(0) : op.size;
    expect(size > 0 && columns(0) % size == 0, "its size does not divide the columns");
    if (op.weight) expect_vector(*op.weight, size);
    if (op.bias) expect_vector(*op.bias, size);
    if (inputs_.size() == 2) expect_same(0, 1);
    return {inputs_[0]};
  }

  std::vector<ValueInfo> operator()(const ActivationOp&) const { return elementwise(); }
  std::vector<ValueInfo> operator()(const ScaleOp&) const { return elementwise(); }

  std::vector<ValueInfo> operator()(const AddOp&) const {
    expect_inputs(2, 2);
    columns(0);
    expect_same(0, 1);
    return {inputs_[0]};
  }

  std::vector<ValueInfo> operator()(const MultiplyOp&) const {
    expect_inputs(2, 2);
    if (columns(1) != 1) expect_same(0, 1);
    expect(rows(0) == rows(1), "its inputs differ in their rows");
    return {inputs_[0]};
  }

  std::vector<ValueInfo> operator()(const AffineOp& op) const {
    if (op.weight) expect_vector(*op.weight, columns(0));
    if (op.bias) expect_vector(*op.bias, columns(0));
    return elementwise();
  }

  std::vector<ValueInfo> operator()(const ConcatColumnsOp&) const {
    expect_inputs(1, 32);
    std::int64_t total = 0;
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      expect(rows(i) == rows(0), "its inputs differ in their rows");
      total += columns(i);
    }
    return {floats(rows(0), total)};
  }

  std::vector<ValueInfo> operator()(const ShiftRowsOp&) const {
    expect_divided(0);
    return elementwise();
  }

  std::vector<ValueInfo> operator()(const PrependRowsOp&) const {
    expect_inputs(2, 2);
    expect(columns(0) == columns(1), "its inputs differ in their columns");
    const Segmentation& prefix = segmentation(rows(0));
    expect(prefix.rule == Segmentation::Rule::kShared && rows(1).rows == Graph::kTokens,
           "it puts shared rows before tokens only");
    return {floats(known_rows({Segmentation::Rule::kPrefixed, prefix.count}), columns(0))};
  }

  std::vector<ValueInfo> operator()(const RotaryOp& op) const {
    expect_inputs(2, 2);
    expect(op.heads > 0 && op.head_size > 0 && columns(0) == op.heads * op.head_size,
           "its heads do not fit the columns");
    expect(columns(1) % 2 == 0 && columns(1) <= op.head_size,
           concat("a table of ", columns(1), " columns does not fit heads of ", op.head_size));
    expect(rows(0) == rows(1), "its inputs differ in their rows");
    return {inputs_[0]};
  }

  std::vector<ValueInfo> operator()(const AttentionOp& op) const {
    expect_inputs(3, 32);
    expect(op.heads > 0 && op.head_size > 0 && op.value_heads() > 0 && op.value_columns() > 0,
           "it has no heads");
    expect(op.heads % op.value_heads() == 0, "its key heads do not divide its heads");
    expect_columns(0, op.heads * op.head_size);
    expect_columns(1, op.value_heads() * op.head_size);
    expect_columns(2, op.value_heads() * op.value_columns());
    expect(rows(1) == rows(2), "key and value differ in their rows");
    expect_divided(0);
    expect_divided(1);
    if (op.left || op.right) {
      expect_index(op.query_positions, rows(0));
      expect_index(op.key_positions, rows(1));
    }
    for (const ScoreTerm& term : op.terms) {
      const std::size_t table = slot(term.table);
      expect(is_shared(rows(table)), "the table of a score term is not shared");
      expect_index(term.query_ids, rows(0));
      expect_index(term.key_ids, rows(1));
      expect(term.index != nullptr, "a score term has no index");
      if (term.kind == ScoreTerm::Kind::kBias) {
        expect_columns(table, op.heads);
        continue;
      }
      expect(columns(table) == op.head_size || columns(table) == op.heads * op.head_size,
             concat("the vectors of a score term have ", columns(table), " columns"));
      expect(term.kind == ScoreTerm::Kind::kQuery || op.value_heads() == op.heads,
             "key terms do not go with grouped heads");
      if (term.kind == ScoreTerm::Kind::kQuery) {
        expect_columns(slot(term.query), op.heads * op.head_size);
        expect(rows(slot(term.query)) == rows(0), "the queries of a score term have other rows");
      }
    }
    ValueInfo pairs = floats(Axis::pairs(rows(0).rows, rows(1).rows), op.heads);
    if (op.gives_scores) pairs.padding = std::numeric_limits<float>::lowest();
    return {floats(rows(0), op.heads * op.value_columns()), pairs};
  }

  std::vector<ValueInfo> operator()(const ConvolutionOp& op) const {
    expect_inputs(1, 1);
    expect_divided(0);
    const auto& weight = declared(op.weight).shape;
    expect(weight.size() >= 3, "its weight has no kernel");
    expect(op.groups > 0 && op.repeat > 0 && weight[0] % op.groups == 0 &&
               weight[1] * op.groups * op.repeat == columns(0),
           concat("the weight ", shape_string(weight), " in ", op.groups, " groups does not fit ",
                  columns(0), " columns"));
    expect(op.repeat == 1 || (weight[1] == 1 && weight[0] == op.groups),
           "its kernels are repeated, but it is not depthwise");
    if (op.bias) expect_vector(*op.bias, weight[0]);
    return {floats(rows(0), weight[0] * op.repeat)};
  }

  std::vector<ValueInfo> operator()(const DynamicConvolutionOp& op) const {
    expect_inputs(2, 2);
    expect_divided(0);
    expect(rows(0) == rows(1), "its inputs differ in their rows");
    expect(op.heads > 0 && op.width > 0 && columns(0) % op.heads == 0, "it has no heads");
    expect_columns(1, op.heads * op.width);
    return {inputs_[0]};
  }

  std::vector<ValueInfo> operator()(const NystromAttentionOp& op) const {
    expect_inputs(3, 3);
    expect_divided(0);
    expect(op.heads > 0 && op.head_size > 0 && op.landmarks > 0 &&
               op.sequence_length % op.landmarks == 0,
           "its landmarks do not divide the sequence");
    for (std::size_t i = 0; i < 3; ++i) {
      expect_columns(i, op.heads * op.head_size);
      expect(rows(i) == rows(0), "its inputs differ in their rows");
    }
    return {inputs_[0]};
  }

  std::vector<ValueInfo> operator()(const SelectRowsOp&) const {
    expect_inputs(2, 2);
    if (inputs_[0].type == ElementType::kInt32) {
      index_axis(0);
      return {{ElementType::kInt32, {index_axis(1)}}};
    }
    return {floats(index_axis(1), columns(0))};
  }

  std::vector<ValueInfo> operator()(const PoolOp&) const {
    expect_inputs(1, 1);
    expect_divided(0);
    return {floats(known_rows({Segmentation::Rule::kConstant, 1}), columns(0))};
  }

  std::vector<ValueInfo> operator()(const DropoutOp& op) const {
    expect(op.p >= 0 && op.p < 1, "its probability is outside [0, 1)");
    return elementwise();
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

  void expect_segmentation(SegmentationId id) const {
    expect(id >= 0 && static_cast<std::size_t>(id) < graph_.segmentations().size(),
           "its segmentation is unknown");
  }

  const Segmentation& segmentation(const Axis& axis) const {
    return graph_.segmentations()[static_cast<std::size_t>(axis.rows)];
  }

  /// The rows of a segmentation that the graph must have.
  Axis known_rows(const Segmentation& segmentation) const {
    const auto& known = graph_.segmentations();
    const auto found = std::ranges::find(known, segmentation);
    expect(found != known.end(), "the graph has no segmentation for its output");
    return Axis::segmented(static_cast<SegmentationId>(found - known.begin()));
  }

  bool is_shared(const Axis& axis) const { return graph::is_shared(segmentation(axis)); }

  /// The rows of input i must be divided among the sequences.
  void expect_divided(std::size_t i) const {
    expect(!is_shared(rows(i)), concat("the rows of input ", i, " belong to no sequence"));
  }

  static ValueInfo floats(Axis rows, std::int64_t columns) {
    return {ElementType::kFloat, {rows, Axis::fixed(columns)}};
  }

  std::vector<ValueInfo> elementwise() const {
    expect_inputs(1, 1);
    columns(0);
    return {inputs_[0]};
  }

  std::size_t slot(int input) const {
    expect(input >= 0 && static_cast<std::size_t>(input) < inputs_.size(),
           concat("it has no input ", input));
    return static_cast<std::size_t>(input);
  }

  void expect_index(int input, const Axis& axis) const {
    expect(index_axis(slot(input)) == axis, concat("input ", input, " has other rows"));
  }

  void expect_columns(std::size_t i, std::int64_t expected) const {
    expect(columns(i) == expected,
           concat("input ", i, " has ", columns(i), " columns instead of ", expected));
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

  const Parameter& declared(ParameterId id) const {
    expect(id >= 0 && static_cast<std::size_t>(id) < graph_.parameters().size(),
           "its parameter is unknown");
    return graph_.parameters()[static_cast<std::size_t>(id)];
  }

  const std::vector<std::int64_t>& parameter(ParameterId id, std::size_t rank) const {
    const auto& shape = declared(id).shape;
    expect(shape.size() == rank, concat("its parameter has the shape ", shape_string(shape)));
    return shape;
  }

  /// Rows and columns of a parameter whose axes behind the first are flattened.
  std::pair<std::int64_t, std::int64_t> matrix(ParameterId id) const {
    const auto& shape = declared(id).shape;
    expect(shape.size() >= 2, concat("its parameter has the shape ", shape_string(shape)));
    return {shape[0], verdict::element_count(std::span(shape).subspan(1)).value_or(-1)};
  }

  void expect_vector(ParameterId id, std::int64_t size) const {
    const std::int64_t count = verdict::element_count(declared(id).shape).value_or(-1);
    expect(count == size, concat("a vector of ", count, " meets ", size, " columns"));
  }

  const Graph& graph_;
  std::string_view name_;
  const std::vector<ValueInfo>& inputs_;
};

Offsets bind(const Segmentation& segmentation, const Batch& batch) {
  using Rule = Segmentation::Rule;
  if (segmentation.rule == Rule::kTokens) return batch.offsets;
  const auto fits = [](std::int64_t rows) {
    if (rows > std::numeric_limits<std::int32_t>::max()) {
      throw Error(ErrorCode::kInvalidArgument,
                  concat("A batch that needs ", rows, " rows is too large; split it."));
    }
    return static_cast<std::int32_t>(rows);
  };
  if (segmentation.rule == Rule::kShared) return {0, fits(segmentation.count)};
  if (segmentation.rule == Rule::kDistances) return {0, fits(2 * std::int64_t{batch.width} - 1)};
  const bool prefixed = segmentation.rule == Rule::kPrefixed;
  Offsets offsets;
  offsets.reserve(batch.offsets.size());
  for (std::size_t row = 0; row < batch.offsets.size(); ++row) {
    const std::int64_t own = prefixed ? batch.offsets[row] : 0;
    offsets.push_back(fits(own + static_cast<std::int64_t>(row) * segmentation.count));
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

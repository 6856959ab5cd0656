#include "verdict/graph/graph.h"

#include <algorithm>
#include <utility>

#include "verdict/base/checked.h"
#include "verdict/base/error.h"
#include "verdict/base/strings.h"
#include "verdict/graph/shape_inference.h"

namespace verdict::graph {

namespace {

/// A model beyond these is refused while it is declared, before anything is allocated for it.
constexpr std::int64_t kMostParameterBytes = std::int64_t{1} << (sizeof(void*) == 4 ? 32 : 40);
constexpr std::size_t kMostNodes = std::size_t{1} << 17;

std::string axis_string(const Axis& axis) {
  switch (axis.kind) {
    case Axis::Kind::kFixed:
      return std::to_string(axis.size);
    case Axis::Kind::kRows:
      return concat("s", axis.rows);
    case Axis::Kind::kPairs:
      return concat("pairs(s", axis.rows, ", s", axis.key_rows, ")");
  }
  return "?";
}

std::string values_string(const Graph& graph, const std::vector<Value>& values) {
  std::string out;
  for (const Value value : values) {
    out += concat(out.empty() ? "" : ", ", "%", value.id, "[");
    const Shape& shape = graph.info(value).shape;
    for (std::size_t i = 0; i < shape.size(); ++i)
      out += concat(i == 0 ? "" : ", ", axis_string(shape[i]));
    out += "]";
  }
  return out;
}

}  // namespace

Graph::Graph() { segmentation({Segmentation::Rule::kTokens, 0}); }

SegmentationId Graph::segmentation(Segmentation segmentation) {
  const auto found = std::find(segmentations_.begin(), segmentations_.end(), segmentation);
  if (found != segmentations_.end())
    return static_cast<SegmentationId>(found - segmentations_.begin());
  segmentations_.push_back(segmentation);
  return static_cast<SegmentationId>(segmentations_.size()) - 1;
}

ParameterId Graph::parameter(std::string name, std::vector<std::int64_t> shape,
                             Initializer initializer) {
  const auto found = parameter_ids_.find(name);
  if (found != parameter_ids_.end()) {
    const Parameter& known = parameters_[static_cast<std::size_t>(found->second)];
    if (known.shape != shape) {
      throw Error(ErrorCode::kInternal,
                  concat("The parameter ", name, " is declared as ", shape_string(known.shape),
                         " and as ", shape_string(shape), "."));
    }
    return found->second;
  }
  std::optional<std::int64_t> bytes = element_count(shape);
  if (bytes) bytes = checked_mul<std::int64_t>(*bytes, sizeof(float));
  if (bytes) bytes = checked_add(*bytes, parameter_bytes_);
  if (!bytes || *bytes > kMostParameterBytes) {
    throw Error(ErrorCode::kOutOfMemory,
                concat("The model's parameters need more memory than this build can hold (",
                       kMostParameterBytes >> 30, " GiB as float32): ", name, " has the shape ",
                       shape_string(shape), " and those before it take ", parameter_bytes_ >> 20,
                       " MiB. Check the sizes in the model's config."));
  }
  parameter_bytes_ = *bytes;
  const auto id = static_cast<ParameterId>(parameters_.size());
  parameter_ids_.emplace(name, id);
  parameters_.push_back({std::move(name), std::move(shape), initializer});
  return id;
}

std::vector<Value> Graph::add(Op op, std::vector<Value> inputs) {
  std::vector<ValueInfo> input_infos;
  input_infos.reserve(inputs.size());
  for (const Value input : inputs) input_infos.push_back(info(input));
  std::vector<ValueInfo> output_infos = infer_outputs(*this, op, input_infos);
  std::vector<Value> outputs;
  outputs.reserve(output_infos.size());
  for (ValueInfo& output : output_infos) {
    outputs.push_back({static_cast<int>(values_.size())});
    values_.push_back(std::move(output));
  }
  if (nodes_.size() == kMostNodes) {
    throw Error(ErrorCode::kOutOfMemory,
                concat("The model has more than ", kMostNodes,
                       " operations, which need more memory than there is. Check the number of "
                       "layers in the model's config."));
  }
  nodes_.push_back({std::move(op), std::move(inputs), outputs});
  return outputs;
}

void Graph::output(std::string name, Value value) { outputs_.push_back({std::move(name), value}); }

std::int64_t Graph::columns(Value value) const {
  const Shape& shape = info(value).shape;
  if (shape.size() != 2 || shape.back().kind != Axis::Kind::kFixed) {
    throw Error(ErrorCode::kInternal,
                concat("The value %", value.id, " is no matrix of rows and columns."));
  }
  return shape.back().size;
}

Graph Graph::empty_copy() const {
  Graph copy;
  copy.segmentations_ = segmentations_;
  copy.parameters_ = parameters_;
  copy.parameter_ids_ = parameter_ids_;
  copy.parameter_bytes_ = parameter_bytes_;
  copy.checks_ = checks_;
  return copy;
}

std::string to_string(const Graph& graph) {
  std::string out;
  for (const Node& node : graph.nodes()) {
    out += concat(values_string(graph, node.outputs), " = ", op_traits(node.op).name, "(",
                  values_string(graph, node.inputs), ")\n");
  }
  for (const Output& output : graph.outputs())
    out += concat(output.name, " = %", output.value.id, "\n");
  return out;
}

}  // namespace verdict::graph

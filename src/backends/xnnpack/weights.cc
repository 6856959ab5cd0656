#include "verdict/backends/xnnpack/weights.h"

#include <algorithm>
#include <new>
#include <numeric>
#include <utility>

#include "verdict/base/checked.h"
#include "verdict/base/error.h"
#include "verdict/base/strings.h"

namespace verdict::xnnpack {

namespace {

using graph::ParameterId;

std::size_t index(ParameterId parameter) { return static_cast<std::size_t>(parameter); }

/// A stored parameter seen as the weight [out, in] of one linear layer.
class PartView {
 public:
  PartView(const graph::LinearPart& part, const std::vector<std::int64_t>& shape,
           std::size_t groups)
      : rows_(part.rows), transposed_(part.transposed) {
    const auto first = static_cast<std::size_t>(shape[0]);
    std::size_t rest = 1;
    for (std::size_t i = 1; i < shape.size(); ++i) rest *= static_cast<std::size_t>(shape[i]);
    if (transposed_ && groups > 1) {
      group_out_ = static_cast<std::size_t>(shape[2]);
      stored_out_ = groups * group_out_;
      in_ = static_cast<std::size_t>(shape[1]);
      return;
    }
    stored_out_ = transposed_ ? rest : first;
    group_out_ = stored_out_;
    in_ = transposed_ ? first : rest;
  }

  std::size_t in() const { return in_; }
  std::size_t stored_out() const { return stored_out_; }
  std::size_t out() const {
    return rows_.count == 0 ? stored_out_ : static_cast<std::size_t>(rows_.count);
  }

  /// The row of the stored weight that gives output `out`.
  std::size_t stored_row(std::size_t out) const {
    const auto first = static_cast<std::size_t>(rows_.first);
    const auto block = static_cast<std::size_t>(rows_.block);
    if (block == 0) return first + out;
    return first + out / block * static_cast<std::size_t>(rows_.stride) + out % block;
  }

  /// Where element (out, in) of the weight is stored.
  std::size_t position(std::size_t out, std::size_t in) const {
    const std::size_t row = stored_row(out);
    if (!transposed_) return row * in_ + in;
    return (row / group_out_ * in_ + in) * group_out_ + row % group_out_;
  }

  bool is_whole() const { return !transposed_ && rows_ == graph::RowSelection{}; }

 private:
  graph::RowSelection rows_;
  bool transposed_;
  std::size_t stored_out_ = 0;
  std::size_t group_out_ = 0;  ///< outputs that a transposed weight stores side by side
  std::size_t in_ = 0;
};

/// Where element (output in group, input in group · kernel + tap) of a convolution's product is
/// stored: a row of the product's input holds the taps one after another.
std::size_t convolution_position(const std::vector<std::int64_t>& shape, std::size_t out,
                                 std::size_t column) {
  const auto in = static_cast<std::size_t>(shape[1]);
  const std::size_t kernel = kernel_size(shape);
  return (out * in + column % in) * kernel + column / in;
}

void set_weight(PackedWeight& packed, std::span<const float> values) {
  std::visit([&](auto& p) { p.set_weight(values); }, packed);
}
void set_bias(PackedWeight& packed, std::span<const float> values) {
  std::visit([&](auto& p) { p.set_bias(values); }, packed);
}
void get_bias(const PackedWeight& packed, std::span<float> values) {
  std::visit([&](const auto& p) { p.get_bias(values); }, packed);
}
bool has_floats(const PackedWeight& packed) { return !std::holds_alternative<PackedQ8>(packed); }
void get_weight(const PackedWeight& packed, std::span<float> values) {
  std::visit(
      [&](const auto& p) {
        if constexpr (requires { p.get_weight(values); }) p.get_weight(values);
      },
      packed);
}
std::size_t bytes(const std::vector<PackedWeight>& groups) {
  std::size_t total = 0;
  for (const PackedWeight& packed : groups)
    total += std::visit([](const auto& p) { return p.bytes(); }, packed);
  return total;
}

/// The part of `all` that belongs to one of `count` groups.
template <typename T>
std::span<T> group_of(std::span<T> all, std::size_t group, std::size_t count) {
  const std::size_t size = all.size() / count;
  return all.subspan(group * size, size);
}

}  // namespace

std::size_t kernel_size(const std::vector<std::int64_t>& shape) {
  std::size_t size = 1;
  for (std::size_t i = 2; i < shape.size(); ++i) size *= static_cast<std::size_t>(shape[i]);
  return size;
}

bool is_depthwise(const graph::Graph& graph, const graph::ConvolutionOp& op) {
  const auto& shape = graph.parameters()[index(op.weight)].shape;
  return shape[1] == 1 && shape[0] == op.groups;
}

XnnpackWeights::XnnpackWeights(const graph::Graph& graph, ComputeType type,
                               const KernelChoice& choice)
    : type_(type), parameters_(graph.parameters()), vectors_(graph.parameters().size()) {
  for (const graph::Node& node : graph.nodes()) {
    if (const auto* linear = std::get_if<graph::LinearOp>(&node.op)) {
      for (const graph::LinearPart& part : linear->parts) declare(part, linear->groups, choice);
    } else if (const auto* embedding = std::get_if<graph::EmbeddingOp>(&node.op)) {
      declare_table(embedding->table);
    } else if (const auto* norm = std::get_if<graph::NormOp>(&node.op)) {
      declare_vector(norm->weight);
      declare_vector(norm->bias);
    } else if (const auto* affine = std::get_if<graph::AffineOp>(&node.op)) {
      declare_vector(affine->weight);
      declare_vector(affine->bias);
    } else if (const auto* shared = std::get_if<graph::TableOp>(&node.op)) {
      declare_vector(shared->table);
    } else if (const auto* convolution = std::get_if<graph::ConvolutionOp>(&node.op)) {
      if (is_depthwise(graph, *convolution)) {
        declare_vector(convolution->weight);
        declare_vector(convolution->bias);
      } else {
        declare(*convolution, choice);
      }
    }
  }
  keep_unread();
}

PackedWeight XnnpackWeights::make_packed(std::size_t out, std::size_t in,
                                         const KernelChoice& choice) {
  if (type_ == ComputeType::kQ8)
    return PackedQ8(q8_gemm_kernels(choice, in).layout, out, in, memory_);
#if !defined(__wasm__)
  if (type_ == ComputeType::kBF16) return PackedBF16(out, in, memory_);
#endif
  return PackedF32(f32_gemm_kernels(choice).layout, out, in, memory_);
}

void XnnpackWeights::declare(const graph::LinearPart& part, std::int64_t groups,
                             const KernelChoice& choice) {
  if (std::ranges::find(linears_, part, &LinearWeight::part) != linears_.end()) return;
  const auto count = static_cast<std::size_t>(groups);
  const PartView view(part, shape(part.weight), count);
  LinearWeight linear{part, {}};
  for (std::size_t group = 0; group < count; ++group)
    linear.groups.push_back(make_packed(view.out() / count, view.in(), choice));
  linears_.push_back(std::move(linear));
}

void XnnpackWeights::declare(const graph::ConvolutionOp& op, const KernelChoice& choice) {
  if (std::ranges::find(convolutions_, op.weight, &ConvolutionWeight::weight) !=
      convolutions_.end()) {
    return;
  }
  const auto& dimensions = shape(op.weight);
  ConvolutionWeight convolution{op.weight, op.bias, {}};
  for (std::int64_t group = 0; group < op.groups; ++group) {
    convolution.groups.push_back(
        make_packed(static_cast<std::size_t>(dimensions[0] / op.groups),
                    static_cast<std::size_t>(dimensions[1]) * kernel_size(dimensions), choice));
  }
  convolutions_.push_back(std::move(convolution));
}

void XnnpackWeights::declare_table(ParameterId parameter) {
  if (std::ranges::find(tables_, parameter, &Table::parameter) != tables_.end()) return;
  const std::size_t count = element_count(parameter);
  Table table{parameter, static_cast<std::size_t>(shape(parameter)[1]), {}, {}, {}};
  if (type_ == ComputeType::kQ8) {
    table.quantized_rows.resize(count);
    table.scales.resize(static_cast<std::size_t>(shape(parameter)[0]));
  } else {
    table.rows.resize(count);
  }
  tables_.push_back(std::move(table));
}

void XnnpackWeights::declare_vector(std::optional<ParameterId> parameter) {
  if (parameter && !vectors_[index(*parameter)])
    vectors_[index(*parameter)].emplace(element_count(*parameter));
}

/// Parameters, or rows of them, that no op reads still belong to the state dict.
void XnnpackWeights::keep_unread() {
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const auto parameter = static_cast<ParameterId>(i);
    const bool is_bias = std::ranges::any_of(linears_, [&](const LinearWeight& linear) {
      return linear.part.bias == parameter && linear.part.rows == graph::RowSelection{};
    });
    const bool is_convolution =
        std::ranges::any_of(convolutions_, [&](const ConvolutionWeight& convolution) {
          return convolution.weight == parameter || convolution.bias == parameter;
        });
    const bool is_table = std::ranges::find(tables_, parameter, &Table::parameter) != tables_.end();
    if (!is_bias && !is_convolution && !is_table && !covered_by_linears(parameter))
      declare_vector(parameter);
  }
}

bool XnnpackWeights::covered_by_linears(ParameterId parameter) const {
  std::vector<char> read;
  for (const LinearWeight& linear : linears_) {
    if (linear.part.weight != parameter) continue;
    const PartView view(linear.part, shape(parameter), linear.groups.size());
    read.resize(view.stored_out());
    for (std::size_t out = 0; out < view.out(); ++out) read[view.stored_row(out)] = 1;
  }
  return !read.empty() && std::ranges::find(read, 0) == read.end();
}

const std::vector<std::int64_t>& XnnpackWeights::shape(ParameterId parameter) const {
  return parameters_[index(parameter)].shape;
}

std::size_t XnnpackWeights::element_count(ParameterId parameter) const {
  const auto count = verdict::element_count(shape(parameter));
  if (!count || static_cast<std::uint64_t>(*count) > std::vector<float>().max_size()) {
    throw std::bad_alloc();
  }
  return static_cast<std::size_t>(*count);
}

void XnnpackWeights::check_size(ParameterId parameter, std::size_t count) const {
  if (count == element_count(parameter)) return;
  throw Error(ErrorCode::kInternal, concat("The parameter ", parameters_[index(parameter)].name,
                                           " was set with ", count, " values."));
}

template <typename T, typename Pack>
void XnnpackWeights::pack_products(ParameterId parameter, std::span<const T> values,
                                   const Pack& pack) {
  std::vector<T> selected;
  std::vector<std::size_t> rows;
  for (LinearWeight& linear : linears_) {
    if (linear.part.weight != parameter) continue;
    const std::size_t groups = linear.groups.size();
    const PartView view(linear.part, shape(parameter), groups);
    std::span<const T> weight = values;
    if (!view.is_whole()) {
      selected.resize(view.out() * view.in());
      for (std::size_t out = 0; out < view.out(); ++out) {
        for (std::size_t in = 0; in < view.in(); ++in)
          selected[out * view.in() + in] = values[view.position(out, in)];
      }
      weight = selected;
    }
    rows.resize(view.out());
    for (std::size_t out = 0; out < view.out(); ++out) rows[out] = view.stored_row(out);
    for (std::size_t group = 0; group < groups; ++group) {
      pack(linear.groups[group], group_of(weight, group, groups),
           group_of(std::span<const std::size_t>(rows), group, groups));
    }
  }
  for (ConvolutionWeight& convolution : convolutions_) {
    if (convolution.weight != parameter) continue;
    const std::size_t groups = convolution.groups.size();
    const std::size_t columns =
        static_cast<std::size_t>(shape(parameter)[1]) * kernel_size(shape(parameter));
    rows.resize(values.size() / columns);
    std::iota(rows.begin(), rows.end(), std::size_t{0});
    for (std::size_t group = 0; group < groups; ++group) {
      const std::span<const T> stored = group_of(values, group, groups);
      selected.resize(stored.size());
      for (std::size_t i = 0; i < stored.size(); ++i) {
        selected[i] = stored[convolution_position(shape(parameter), i / columns, i % columns)];
      }
      pack(convolution.groups[group], std::span<const T>(selected),
           group_of(std::span<const std::size_t>(rows), group, groups));
    }
  }
}

void XnnpackWeights::set(ParameterId parameter, std::span<const float> values) {
  check_size(parameter, values.size());
  pack_products(parameter, values,
                [](PackedWeight& packed, std::span<const float> weight,
                   std::span<const std::size_t>) { set_weight(packed, weight); });
  std::vector<float> selected;
  for (LinearWeight& linear : linears_) {
    if (linear.part.bias != parameter) continue;
    const std::size_t groups = linear.groups.size();
    const PartView view(linear.part, shape(linear.part.weight), groups);
    selected.resize(view.out());
    for (std::size_t out = 0; out < view.out(); ++out) selected[out] = values[view.stored_row(out)];
    for (std::size_t group = 0; group < groups; ++group)
      set_bias(linear.groups[group], group_of(std::span<const float>(selected), group, groups));
  }
  for (ConvolutionWeight& convolution : convolutions_) {
    if (convolution.bias != parameter) continue;
    const std::size_t groups = convolution.groups.size();
    for (std::size_t group = 0; group < groups; ++group)
      set_bias(convolution.groups[group], group_of(values, group, groups));
  }
  for (Table& table : tables_) {
    if (table.parameter != parameter) continue;
    if (table.scales.empty()) {
      std::copy(values.begin(), values.end(), table.rows.begin());
      continue;
    }
    for (std::size_t row = 0; row < table.scales.size(); ++row) {
      table.scales[row] = quantize_symmetric(
          values.subspan(row * table.columns, table.columns),
          std::span(table.quantized_rows).subspan(row * table.columns, table.columns));
    }
  }
  if (auto& vector = vectors_[index(parameter)])
    std::copy(values.begin(), values.end(), vector->begin());
}

void XnnpackWeights::set_quantized(ParameterId parameter, const QuantizedRows& rows,
                                   std::span<const std::int8_t> values,
                                   std::span<const float> scales) {
  check_size(parameter, values.size());
  std::vector<float> own_scales;
  pack_products(parameter, values,
                [&](PackedWeight& packed, std::span<const std::int8_t> weight,
                    std::span<const std::size_t> stored_rows) {
                  own_scales.clear();
                  for (const std::size_t row : stored_rows) own_scales.push_back(scales[row]);
                  std::get<PackedQ8>(packed).set_quantized(weight, own_scales);
                });
  for (Table& table : tables_) {
    if (table.parameter != parameter) continue;
    std::copy(values.begin(), values.end(), table.quantized_rows.begin());
    std::copy(scales.begin(), scales.end(), table.scales.begin());
  }
  if (auto& vector = vectors_[index(parameter)]) dequantize_rows(rows, values, scales, *vector);
}

Tensor XnnpackWeights::get(ParameterId parameter) const {
  const graph::Parameter& declared = parameters_[index(parameter)];
  Tensor tensor(DType::kF32, declared.shape);
  const std::span<float> values = tensor.f32();
  if (const auto& vector = vectors_[index(parameter)]) {
    std::copy(vector->begin(), vector->end(), values.begin());
    return tensor;
  }
  for (const Table& table : tables_) {
    if (table.parameter != parameter || !table.scales.empty()) continue;
    std::copy(table.rows.begin(), table.rows.end(), values.begin());
    return tensor;
  }
  bool found = false;
  std::vector<float> weight;
  for (const LinearWeight& linear : linears_) {
    const std::size_t groups = linear.groups.size();
    if (linear.part.bias == parameter && linear.part.rows == graph::RowSelection{}) {
      for (std::size_t group = 0; group < groups; ++group)
        get_bias(linear.groups[group], group_of(values, group, groups));
      return tensor;
    }
    if (linear.part.weight != parameter || !has_floats(linear.groups.front())) {
      continue;
    }
    const PartView view(linear.part, declared.shape, groups);
    weight.resize(view.out() * view.in());
    for (std::size_t group = 0; group < groups; ++group) {
      get_weight(linear.groups[group], group_of(std::span<float>(weight), group, groups));
    }
    for (std::size_t out = 0; out < view.out(); ++out) {
      for (std::size_t in = 0; in < view.in(); ++in)
        values[view.position(out, in)] = weight[out * view.in() + in];
    }
    found = true;
  }
  for (const ConvolutionWeight& convolution : convolutions_) {
    const std::size_t groups = convolution.groups.size();
    for (std::size_t group = 0; group < groups; ++group) {
      const std::span<float> stored = group_of(values, group, groups);
      if (convolution.bias == parameter) {
        get_bias(convolution.groups[group], stored);
        found = true;
      }
      const PackedWeight& packed = convolution.groups[group];
      if (convolution.weight != parameter || !has_floats(packed)) continue;
      const std::size_t columns =
          static_cast<std::size_t>(declared.shape[1]) * kernel_size(declared.shape);
      weight.resize(stored.size());
      get_weight(packed, weight);
      for (std::size_t i = 0; i < stored.size(); ++i)
        stored[convolution_position(declared.shape, i / columns, i % columns)] = weight[i];
      found = true;
    }
  }
  if (found) return tensor;
  throw Error(ErrorCode::kUnsupported,
              concat("The parameter ", declared.name,
                     " is stored as int8, so its float values are gone. Load the model "
                     "with dtype \"f32\" to read them."));
}

std::int64_t XnnpackWeights::packed_bytes(ParameterId parameter) const {
  std::size_t total = 0;
  if (const auto& vector = vectors_[index(parameter)]) total += vector->size() * sizeof(float);
  // A panel holds the bias; it counts to the weight.
  for (const LinearWeight& linear : linears_) {
    if (linear.part.weight == parameter) total += bytes(linear.groups);
  }
  for (const ConvolutionWeight& convolution : convolutions_) {
    if (convolution.weight == parameter) total += bytes(convolution.groups);
  }
  for (const Table& table : tables_) {
    if (table.parameter != parameter) continue;
    total += table.rows.size() * sizeof(float) + table.quantized_rows.size() +
             table.scales.size() * sizeof(float);
  }
  return static_cast<std::int64_t>(total);
}

DType XnnpackWeights::storage(ParameterId parameter) const {
  const bool is_float = type_ == ComputeType::kF32 || vectors_[index(parameter)].has_value();
  if (is_float || shape(parameter).size() < 2) return DType::kF32;
  if (type_ == ComputeType::kQ8) return DType::kI8;
  const bool is_table = std::ranges::find(tables_, parameter, &Table::parameter) != tables_.end();
  return is_table ? DType::kF32 : DType::kBF16;
}

const LinearWeight& XnnpackWeights::linear(const graph::LinearPart& part) const {
  const auto found = std::ranges::find(linears_, part, &LinearWeight::part);
  if (found != linears_.end()) return *found;
  throw Error(ErrorCode::kInternal,
              "A plan uses a linear weight that the model's graph did not declare.");
}

const ConvolutionWeight& XnnpackWeights::convolution(ParameterId weight) const {
  const auto found = std::ranges::find(convolutions_, weight, &ConvolutionWeight::weight);
  if (found != convolutions_.end()) return *found;
  throw Error(ErrorCode::kInternal,
              "A plan uses a convolution that the model's graph did not declare.");
}

const Table& XnnpackWeights::table(ParameterId parameter) const {
  const auto found = std::ranges::find(tables_, parameter, &Table::parameter);
  if (found != tables_.end()) return *found;
  throw Error(ErrorCode::kInternal,
              "A plan uses an embedding table that the model's graph did not declare.");
}

const float* XnnpackWeights::vector(ParameterId parameter) const {
  return vectors_.at(index(parameter)).value().data();
}

}  // namespace verdict::xnnpack

#include "verdict/backends/xnnpack/weights.h"

#include <algorithm>
#include <new>
#include <utility>
#include <vector>

#include "verdict/base/checked.h"
#include "verdict/base/error.h"
#include "verdict/base/strings.h"

namespace verdict::xnnpack {

namespace {

std::size_t index(graph::ParameterId parameter) { return static_cast<std::size_t>(parameter); }

bool same(const graph::LinearPart& a, const graph::LinearPart& b) {
  return a.weight == b.weight && a.bias == b.bias;
}

}  // namespace

XnnpackWeights::XnnpackWeights(const graph::Graph& graph, ComputeType type, Isa isa)
    : type_(type), parameters_(graph.parameters()), vectors_(graph.parameters().size()) {
  for (const graph::Node& node : graph.nodes()) {
    if (const auto* linear = std::get_if<graph::LinearOp>(&node.op)) {
      for (const graph::LinearPart& part : linear->parts) declare(graph, part, isa);
    } else if (const auto* embedding = std::get_if<graph::EmbeddingOp>(&node.op)) {
      const bool known = std::any_of(tables_.begin(), tables_.end(), [&](const Table& table) {
        return table.parameter == embedding->table;
      });
      if (known) continue;
      const auto& shape = parameters_[index(embedding->table)].shape;
      const std::size_t count = element_count(embedding->table);
      Table table{embedding->table, static_cast<std::size_t>(shape[1]), {}, {}, {}};
      if (type == ComputeType::kQ8) {
        table.quantized_rows.resize(count);
        table.scales.resize(static_cast<std::size_t>(shape[0]));
      } else {
        table.rows.resize(count);
      }
      tables_.push_back(std::move(table));
    } else if (const auto* norm = std::get_if<graph::LayerNormOp>(&node.op)) {
      vectors_[index(norm->weight)].emplace(element_count(norm->weight));
      vectors_[index(norm->bias)].emplace(element_count(norm->bias));
    }
  }
}

void XnnpackWeights::declare(const graph::Graph& graph, const graph::LinearPart& part, Isa isa) {
  if (std::any_of(linears_.begin(), linears_.end(),
                  [&](const LinearWeight& known) { return same(known.part, part); })) {
    return;
  }
  const auto& shape = graph.parameters()[index(part.weight)].shape;
  const auto out = static_cast<std::size_t>(shape[0]);
  const auto in = static_cast<std::size_t>(shape[1]);
  if (type_ == ComputeType::kQ8) {
    linears_.push_back({part, PackedQ8(q8_gemm_kernels(isa).layout, out, in)});
  } else {
    linears_.push_back({part, PackedF32(f32_gemm_kernels(isa).layout, out, in)});
  }
}

std::size_t XnnpackWeights::element_count(graph::ParameterId parameter) const {
  const auto count = verdict::element_count(parameters_[index(parameter)].shape);
  if (!count || static_cast<std::uint64_t>(*count) > std::vector<float>().max_size()) {
    throw std::bad_alloc();
  }
  return static_cast<std::size_t>(*count);
}

void XnnpackWeights::set(graph::ParameterId parameter, std::span<const float> values) {
  if (values.size() != element_count(parameter)) {
    throw Error(ErrorCode::kInternal, concat("The parameter ", parameters_[index(parameter)].name,
                                             " was set with ", values.size(), " values."));
  }
  for (LinearWeight& linear : linears_) {
    if (linear.part.weight == parameter) {
      std::visit([&](auto& packed) { packed.set_weight(values); }, linear.packed);
    }
    if (linear.part.bias == parameter)
      std::visit([&](auto& packed) { packed.set_bias(values); }, linear.packed);
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

Tensor XnnpackWeights::get(graph::ParameterId parameter) const {
  const graph::Parameter& declared = parameters_[index(parameter)];
  Tensor tensor(DType::kF32, declared.shape);
  if (const auto& vector = vectors_[index(parameter)]) {
    std::copy(vector->begin(), vector->end(), tensor.f32().begin());
    return tensor;
  }
  for (const LinearWeight& linear : linears_) {
    if (linear.part.bias == parameter) {
      std::visit([&](const auto& packed) { packed.get_bias(tensor.f32()); }, linear.packed);
      return tensor;
    }
    const auto* packed = std::get_if<PackedF32>(&linear.packed);
    if (packed != nullptr && linear.part.weight == parameter) {
      packed->get_weight(tensor.f32());
      return tensor;
    }
  }
  for (const Table& table : tables_) {
    if (table.parameter != parameter || !table.scales.empty()) continue;
    std::copy(table.rows.begin(), table.rows.end(), tensor.f32().begin());
    return tensor;
  }
  throw Error(ErrorCode::kUnsupported,
              concat("The parameter ", declared.name,
                     " is stored as int8, so its float values are gone. Load the model "
                     "with dtype \"f32\" to read them."));
}

std::int64_t XnnpackWeights::packed_bytes(graph::ParameterId parameter) const {
  std::size_t bytes = 0;
  if (const auto& vector = vectors_[index(parameter)]) bytes += vector->size() * sizeof(float);
  for (const LinearWeight& linear : linears_) {
    // A panel holds the bias; it counts to the weight.
    if (linear.part.weight == parameter) {
      bytes += std::visit([](const auto& packed) { return packed.bytes(); }, linear.packed);
    }
  }
  for (const Table& table : tables_) {
    if (table.parameter != parameter) continue;
    bytes += table.rows.size() * sizeof(float) + table.quantized_rows.size() +
             table.scales.size() * sizeof(float);
  }
  return static_cast<std::int64_t>(bytes);
}

DType XnnpackWeights::storage(graph::ParameterId parameter) const {
  const bool is_matrix = parameters_[index(parameter)].shape.size() == 2;
  return type_ == ComputeType::kQ8 && is_matrix ? DType::kI8 : DType::kF32;
}

const LinearWeight& XnnpackWeights::linear(const graph::LinearPart& part) const {
  for (const LinearWeight& known : linears_) {
    if (same(known.part, part)) return known;
  }
  throw Error(ErrorCode::kInternal,
              "A plan uses a linear weight that the model's graph did not declare.");
}

const Table& XnnpackWeights::table(graph::ParameterId parameter) const {
  for (const Table& known : tables_) {
    if (known.parameter == parameter) return known;
  }
  throw Error(ErrorCode::kInternal,
              "A plan uses an embedding table that the model's graph did not declare.");
}

const float* XnnpackWeights::vector(graph::ParameterId parameter) const {
  return vectors_.at(index(parameter)).value().data();
}

}  // namespace verdict::xnnpack

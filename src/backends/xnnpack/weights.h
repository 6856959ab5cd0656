#pragma once

#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "verdict/backends/backend.h"
#include "verdict/backends/xnnpack/packing.h"

namespace verdict::xnnpack {

/// One weight with its bias, packed for the products that use it.
struct LinearWeight {
  graph::LinearPart part;
  std::variant<PackedF32, PackedQ8> packed;
};

/// An embedding table: float32 rows, or int8 rows with a scale each.
struct Table {
  graph::ParameterId parameter;
  std::size_t columns = 0;
  std::vector<float> rows;
  std::vector<std::int8_t> quantized_rows;
  std::vector<float> scales;
};

/// The packed parameters of a graph, by the ops that read them.
class XnnpackWeights final : public Weights {
 public:
  XnnpackWeights(const graph::Graph& graph, ComputeType type, Isa isa);

  void set(graph::ParameterId parameter, std::span<const float> values) override;
  Tensor get(graph::ParameterId parameter) const override;
  std::int64_t packed_bytes(graph::ParameterId parameter) const override;
  DType storage(graph::ParameterId parameter) const override;

  ComputeType type() const { return type_; }
  const LinearWeight& linear(const graph::LinearPart& part) const;
  const Table& table(graph::ParameterId parameter) const;
  const float* vector(graph::ParameterId parameter) const;

 private:
  void declare(const graph::Graph& graph, const graph::LinearPart& part, Isa isa);
  std::size_t element_count(graph::ParameterId parameter) const;

  ComputeType type_;
  std::vector<graph::Parameter> parameters_;
  std::vector<LinearWeight> linears_;
  std::vector<Table> tables_;
  std::vector<std::optional<std::vector<float>>> vectors_;  // by parameter
};

}  // namespace verdict::xnnpack

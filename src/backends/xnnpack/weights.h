#pragma once

#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "verdict/backends/backend.h"
#include "verdict/backends/xnnpack/packing.h"
#include "verdict/base/unwritten_vector.h"

namespace verdict::xnnpack {

#if defined(__wasm__)
using PackedWeight = std::variant<PackedF32, PackedQ8>;
#else
using PackedWeight = std::variant<PackedF32, PackedQ8, PackedBF16>;
#endif

/// One weight with its bias, packed for the products that use it.
struct LinearWeight {
  graph::LinearPart part;
  std::vector<PackedWeight> groups;  ///< one a group of the op; otherwise one
};

/// A convolution's weight, packed for rows that hold `kernel` neighbouring inputs of one group.
struct ConvolutionWeight {
  graph::ParameterId weight;
  std::optional<graph::ParameterId> bias;
  std::vector<PackedWeight> groups;
};

/// An embedding table: float32 rows, or int8 rows with a scale each.
struct Table {
  graph::ParameterId parameter;
  std::size_t columns = 0;
  UnwrittenVector<float> rows;
  UnwrittenVector<std::int8_t> quantized_rows;
  std::vector<float> scales;
};

/// Taps of a convolution's weight [out, in / groups, kernel…].
std::size_t kernel_size(const std::vector<std::int64_t>& shape);

/// Whether every channel of a convolution is a group of its own; such a one needs no product.
bool is_depthwise(const graph::Graph& graph, const graph::ConvolutionOp& op);

/// The packed parameters of a graph, by the ops that read them.
class XnnpackWeights final : public Weights {
 public:
  static constexpr std::string_view kKind = "xnnpack";

  XnnpackWeights(const graph::Graph& graph, ComputeType type, const KernelChoice& choice);

  std::string_view kind() const override { return kKind; }
  void set(graph::ParameterId parameter, std::span<const float> values) override;
  void set_quantized(graph::ParameterId parameter, const QuantizedRows& rows,
                     std::span<const std::int8_t> values, std::span<const float> scales) override;
  Tensor get(graph::ParameterId parameter) const override;
  std::int64_t packed_bytes(graph::ParameterId parameter) const override;
  DType storage(graph::ParameterId parameter) const override;

  ComputeType type() const { return type_; }
  const LinearWeight& linear(const graph::LinearPart& part) const;
  const ConvolutionWeight& convolution(graph::ParameterId weight) const;
  const Table& table(graph::ParameterId parameter) const;
  /// The values of a parameter that an op reads as they are.
  const float* vector(graph::ParameterId parameter) const;

 private:
  void declare(const graph::LinearPart& part, std::int64_t groups, const KernelChoice& choice);
  void declare(const graph::ConvolutionOp& op, const KernelChoice& choice);
  void declare_table(graph::ParameterId parameter);
  void declare_vector(std::optional<graph::ParameterId> parameter);
  void keep_unread();
  PackedWeight make_packed(std::size_t out, std::size_t in, const KernelChoice& choice);
  void check_size(graph::ParameterId parameter, std::size_t count) const;
  /// Calls `pack` for every packed weight that is made of the parameter, with the weight,
  /// row-major, and the stored rows that its outputs are.
  template <typename T, typename Pack>
  void pack_products(graph::ParameterId parameter, std::span<const T> values, const Pack& pack);

  const std::vector<std::int64_t>& shape(graph::ParameterId parameter) const;
  std::size_t element_count(graph::ParameterId parameter) const;
  /// Whether linear layers read every row of the parameter.
  bool covered_by_linears(graph::ParameterId parameter) const;

  ComputeType type_;
  std::vector<graph::Parameter> parameters_;
  WeightMemory memory_;  // before what lies in it
  std::vector<LinearWeight> linears_;
  std::vector<ConvolutionWeight> convolutions_;
  std::vector<Table> tables_;
  std::vector<std::optional<std::vector<float>>> vectors_;  // by parameter
};

}  // namespace verdict::xnnpack

#include "verdict/auto/quantize.h"

#include <memory>
#include <optional>
#include <utility>

#include "verdict/auto/auto_model.h"
#include "verdict/auto/model_loader.h"
#include "verdict/backends/quantization.h"
#include "verdict/base/checked.h"
#include "verdict/base/error.h"
#include "verdict/base/json.h"
#include "verdict/base/strings.h"
#include "verdict/checkpoint/load_plan.h"
#include "verdict/models/registry.h"

namespace verdict {

namespace {

constexpr const char* kMethod = "verdict_q8";
constexpr std::int64_t kVersion = 1;

/// The rows of a stored tensor that become a parameter.
struct Source {
  const CheckpointReader* checkpoint;
  std::size_t tensor;
  std::int64_t first_row;
  std::vector<std::int64_t> shape;  ///< of the parameter

  Tensor read() const {
    const TensorInfo& info = checkpoint->tensors()[tensor];
    Tensor stored(info.dtype, info.shape);
    checkpoint->read(tensor, stored.bytes());
    if (info.dtype == DType::kF32 && info.shape == shape) return stored;
    Tensor out(DType::kF32, shape);
    const std::size_t row = out.size() / static_cast<std::size_t>(shape.empty() ? 1 : shape[0]);
    const std::size_t element = dtype_size(info.dtype);
    convert_to_f32(info.dtype,
                   std::as_const(stored).bytes().subspan(
                       static_cast<std::size_t>(first_row) * row * element, out.size() * element),
                   out.f32());
    return out;
  }
};

/// A weight and its scales, made once for both.
class QuantizedWeight {
 public:
  QuantizedWeight(Source source, const QuantizedRows& rows)
      : source_(std::move(source)), rows_(rows) {}

  std::vector<std::int64_t> scales_shape() const { return scale_shape(rows_, source_.shape); }

  Tensor scales() {
    quantize();
    return *scales_;
  }

  Tensor take_values() {
    quantize();
    scales_.reset();
    return std::move(values_);
  }

 private:
  void quantize() {
    if (scales_) return;
    const Tensor floats = source_.read();
    values_ = Tensor(DType::kI8, source_.shape);
    scales_ = Tensor(DType::kF32, scales_shape());
    quantize_rows(rows_, floats.f32(),
                  {reinterpret_cast<std::int8_t*>(values_.bytes().data()), values_.size()},
                  scales_->f32());
  }

  Source source_;
  QuantizedRows rows_;
  Tensor values_;
  std::optional<Tensor> scales_;
};

}  // namespace

nlohmann::json quantization_config() { return {{"quant_method", kMethod}, {"version", kVersion}}; }

bool is_stored_as_q8(const PretrainedConfig& config) {
  if (!config.has("quantization_config")) return false;
  const auto stored = config.get<nlohmann::json>("quantization_config");
  if (!stored.is_object() || stored.value("quant_method", nlohmann::json()) != kMethod)
    return false;
  if (stored.value("version", nlohmann::json()) != kVersion) {
    throw Error(ErrorCode::kUnsupported,
                concat("The weights are stored by the quantization_config ", to_text(stored),
                       "; the version ", kVersion, " was expected."));
  }
  return true;
}

ComputeType compute_type(std::string_view dtype, const PretrainedConfig& config) {
  if (dtype == "auto" && is_stored_as_q8(config)) return ComputeType::kQ8;
  return compute_type_from_name(dtype);
}

std::vector<TensorWriter> quantized_tensors(const PretrainedConfig& config,
                                            const CheckpointReader& checkpoint) {
  const ModelType& type = model_type(config.model_type());
  const graph::Graph graph = build_graph(type, config);
  const std::vector<ExpectedParameter> expected = expected_parameters(config);
  const LoadPlan plan =
      plan_load(checkpoint.tensors(), expected, {type.name, type.family->base_model_prefix, false});
  const auto rows = quantized_rows(graph);
  std::vector<TensorWriter> writers;
  for (std::size_t tensor = 0; tensor < plan.targets.size(); ++tensor) {
    for (const LoadTarget& target : plan.targets[tensor]) {
      const std::string& name = expected[target.parameter].name;
      const std::vector<std::int64_t>& shape = expected[target.parameter].shape;
      const Source source{&checkpoint, tensor, target.first_row, shape};
      // A row of one value would take more room than its float.
      if (!rows[target.parameter] || rows[target.parameter]->inputs < 2) {
        writers.push_back({name, DType::kF32, shape, [source] { return source.read(); }});
        continue;
      }
      const auto weight = std::make_shared<QuantizedWeight>(source, *rows[target.parameter]);
      writers.push_back({concat(name, kScaleSuffix), DType::kF32, weight->scales_shape(),
                         [weight] { return weight->scales(); }});
      writers.push_back({name, DType::kI8, shape, [weight] { return weight->take_values(); }});
    }
  }
  return writers;
}

}  // namespace verdict

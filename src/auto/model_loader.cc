#include "verdict/auto/model_loader.h"

#include <cmath>
#include <cstring>
#include <memory>
#include <utility>

#include "verdict/auto/initializer.h"
#include "verdict/base/checked.h"
#include "verdict/base/error.h"
#include "verdict/base/strings.h"

namespace verdict {

namespace {

constexpr std::string_view kLoading = "Loading the model";

/// The bytes as float32: themselves where they already are, else a copy in `storage`.
std::span<const float> as_f32(DType dtype, std::span<const std::byte> bytes,
                              std::unique_ptr<float[]>& storage) {
  const bool aligned = reinterpret_cast<std::uintptr_t>(bytes.data()) % alignof(float) == 0;
  if (dtype == DType::kF32 && aligned) {
    return {reinterpret_cast<const float*>(bytes.data()), bytes.size() / sizeof(float)};
  }
  const std::size_t count = bytes.size() / dtype_size(dtype);
  storage = std::make_unique_for_overwrite<float[]>(count);
  const std::span<float> values(storage.get(), count);
  convert_to_f32(dtype, bytes, values);
  return values;
}

std::vector<ExpectedParameter> parameters_of(const graph::Graph& graph) {
  std::vector<ExpectedParameter> expected;
  for (const graph::Parameter& parameter : graph.parameters()) {
    const graph::Initializer::Kind kind = parameter.initializer.kind;
    const bool is_computed = kind == graph::Initializer::Kind::kSinusoidal ||
                             kind == graph::Initializer::Kind::kSinusoidalHalves;
    expected.push_back({parameter.name, parameter.shape, is_computed});
  }
  return expected;
}

}  // namespace

std::vector<ExpectedParameter> expected_parameters(const PretrainedConfig& config) {
  return parameters_of(build_graph(model_type(config.model_type()), config));
}

ModelLoader::ModelLoader(PretrainedConfig config, const LoadOptions& options) : options_(options) {
  const ModelType& type = model_type(config.model_type());
  const auto backend = options.backend ? options.backend : create_xnnpack_backend(options.threads);
  model_ = with_memory_errors(kLoading, [&] {
    return std::make_unique<SequenceClassifier>(type, std::move(config), backend, options.dtype,
                                                options.seed);
  });
  filled_.resize(model_->declaration().parameters().size());
}

ModelLoader::~ModelLoader() = default;

void ModelLoader::plan(std::vector<TensorInfo> tensors) {
  tensors_ = std::move(tensors);
  plan_ = plan_load(tensors_, parameters_of(model_->declaration()),
                    {model_->type().name, model_->type().family->base_model_prefix,
                     options_.ignore_mismatched_sizes});
}

bool ModelLoader::wants(std::size_t tensor) const { return !plan_.targets.at(tensor).empty(); }

void ModelLoader::accept(std::size_t tensor, std::span<const std::byte> bytes) {
  const TensorInfo& info = tensors_.at(tensor);
  if (!wants(tensor)) return;
  if (bytes.size() != info.byte_size()) {
    throw Error(ErrorCode::kCorruptFile,
                concat("The tensor \"", info.name, "\" came with ", bytes.size(), " bytes; ",
                       info.byte_size(), " were expected."));
  }
  std::unique_ptr<float[]> storage;
  const std::span<const float> values =
      with_memory_errors(kLoading, [&] { return as_f32(info.dtype, bytes, storage); });
  for (const LoadTarget& target : plan_.targets[tensor]) {
    const graph::Parameter& parameter = model_->declaration().parameters()[target.parameter];
    const auto count = static_cast<std::size_t>(element_count(parameter.shape).value());
    const std::size_t row =
        count / static_cast<std::size_t>(parameter.shape.empty() ? 1 : parameter.shape.front());
    const auto part = values.subspan(static_cast<std::size_t>(target.first_row) * row, count);
    if (!std::isfinite(largest_magnitude(part)))
      plan_.report.non_finite_keys.push_back(parameter.name);
    model_->weights().set(static_cast<graph::ParameterId>(target.parameter), part);
    filled_[target.parameter] = 1;
  }
}

std::unique_ptr<SequenceClassifier> ModelLoader::finish() {
  for (std::size_t tensor = 0; tensor < tensors_.size(); ++tensor) {
    if (wants(tensor) && filled_[plan_.targets[tensor].front().parameter] == 0) {
      throw Error(ErrorCode::kInternal,
                  concat("The tensor \"", tensors_[tensor].name, "\" was not delivered."));
    }
  }
  const auto& parameters = model_->declaration().parameters();
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (filled_[i] != 0) continue;
    const Tensor values =
        with_memory_errors(kLoading, [&] { return initialize(parameters[i], options_.seed); });
    model_->weights().set(static_cast<graph::ParameterId>(i), values.f32());
  }
  model_->set_load_report(plan_.report);
  return std::move(model_);
}

}  // namespace verdict

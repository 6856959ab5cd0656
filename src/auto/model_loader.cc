#include "verdict/auto/model_loader.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <memory>
#include <utility>

#include "verdict/auto/initializer.h"
#include "verdict/auto/quantize.h"
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
  const std::vector<ExpectedParameter> expected = parameters_of(model_->declaration());
  std::vector<std::size_t> places;
  plan_ = plan_load(pair_scales(places), expected,
                    {model_->type().name, model_->type().family->base_model_prefix,
                     options_.ignore_mismatched_sizes});
  auto targets =
      std::exchange(plan_.targets, std::vector<std::vector<LoadTarget>>(tensors_.size()));
  for (std::size_t i = 0; i < targets.size(); ++i) plan_.targets[places[i]] = std::move(targets[i]);
  std::erase_if(weight_of_, [&](const auto& entry) { return !wants(entry.second); });
  if (weight_of_.empty()) return;
  const auto rows = quantized_rows(model_->declaration());
  for (const auto& [scales, weight] : weight_of_) {
    const auto& [parameter, first_row] = plan_.targets[weight].front();
    const auto& layout = rows[parameter];
    if (plan_.targets[weight].size() != 1 || first_row != 0 || !layout ||
        scale_shape(*layout, expected[parameter].shape) != tensors_[scales].shape) {
      throw Error(ErrorCode::kCorruptFile,
                  concat("The scales \"", tensors_[scales].name, "\" of shape ",
                         shape_string(tensors_[scales].shape), " do not fit the weight ",
                         expected[parameter].name, "."));
    }
    quantized_[weight].rows = *layout;
  }
}

std::vector<TensorInfo> ModelLoader::pair_scales(std::vector<std::size_t>& places) {
  if (is_stored_as_q8(model_->config())) {
    std::map<std::string, std::size_t, std::less<>> by_name;
    for (std::size_t i = 0; i < tensors_.size(); ++i) by_name.emplace(tensors_[i].name, i);
    for (std::size_t i = 0; i < tensors_.size(); ++i) {
      const auto scales = by_name.find(concat(tensors_[i].name, kScaleSuffix));
      const bool is_weight = tensors_[i].dtype == DType::kI8 && scales != by_name.end() &&
                             tensors_[scales->second].dtype == DType::kF32;
      if (is_weight) weight_of_.emplace(scales->second, i);
    }
  }
  std::vector<TensorInfo> visible;
  for (std::size_t i = 0; i < tensors_.size(); ++i) {
    if (weight_of_.contains(i)) continue;
    visible.push_back(tensors_[i]);
    places.push_back(i);
  }
  for (const auto& [scales, weight] : weight_of_) {
    const auto place = std::ranges::lower_bound(places, weight) - places.begin();
    visible[static_cast<std::size_t>(place)].dtype = DType::kF32;
  }
  return visible;
}

bool ModelLoader::wants(std::size_t tensor) const {
  return !plan_.targets.at(tensor).empty() || weight_of_.contains(tensor);
}

void ModelLoader::accept(std::size_t tensor, std::span<const std::byte> bytes) {
  const TensorInfo& info = tensors_.at(tensor);
  if (!wants(tensor)) return;
  if (bytes.size() != info.byte_size()) {
    throw Error(ErrorCode::kCorruptFile,
                concat("The tensor \"", info.name, "\" came with ", bytes.size(), " bytes; ",
                       info.byte_size(), " were expected."));
  }
  if (const auto weight = weight_of_.find(tensor); weight != weight_of_.end()) {
    Quantized& quantized = quantized_.at(weight->second);
    quantized.scales.emplace(bytes.size() / sizeof(float));
    convert_to_f32(DType::kF32, bytes, *quantized.scales);
    const std::vector<std::byte> waiting = std::exchange(quantized.waiting, {});
    if (!waiting.empty()) accept_quantized(weight->second, quantized, waiting);
    return;
  }
  if (const auto quantized = quantized_.find(tensor); quantized != quantized_.end())
    return accept_quantized(tensor, quantized->second, bytes);
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

void ModelLoader::accept_quantized(std::size_t tensor, Quantized& weight,
                                   std::span<const std::byte> bytes) {
  if (!weight.scales) {
    weight.waiting.assign(bytes.begin(), bytes.end());
    return;
  }
  const std::span<const std::int8_t> values(reinterpret_cast<const std::int8_t*>(bytes.data()),
                                            bytes.size());
  const std::vector<float>& scales = *weight.scales;
  if (std::ranges::find(values, std::int8_t{-128}) != values.end()) {
    throw Error(ErrorCode::kCorruptFile, concat("The int8 weight \"", tensors_[tensor].name,
                                                "\" holds -128; -127 to 127 was expected."));
  }
  const std::size_t parameter = plan_.targets[tensor].front().parameter;
  if (!std::isfinite(largest_magnitude(scales)))
    plan_.report.non_finite_keys.push_back(model_->declaration().parameters()[parameter].name);
  const auto id = static_cast<graph::ParameterId>(parameter);
  if (options_.dtype == ComputeType::kQ8) {
    model_->weights().set_quantized(id, weight.rows, values, scales);
  } else {
    std::vector<float> floats(values.size());
    dequantize_rows(weight.rows, values, scales, floats);
    model_->weights().set(id, floats);
  }
  filled_[parameter] = 1;
  weight.scales.reset();
}

std::unique_ptr<SequenceClassifier> ModelLoader::finish() {
  for (std::size_t tensor = 0; tensor < tensors_.size(); ++tensor) {
    if (!plan_.targets[tensor].empty() && filled_[plan_.targets[tensor].front().parameter] == 0) {
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

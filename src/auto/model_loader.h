#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "verdict/auto/model.h"
#include "verdict/backends/quantization.h"
#include "verdict/checkpoint/checkpoint_reader.h"
#include "verdict/checkpoint/load_plan.h"

namespace verdict {

/// The parameters of a type's classifier, in the order of declaration. Throws `kUnsupported` for an
/// unknown model type.
std::vector<ExpectedParameter> expected_parameters(const PretrainedConfig& config);

struct LoadOptions {
  ComputeType dtype = ComputeType::kF32;
  int threads = 1;
  /// Takes the place of `threads`: several models may share one.
  std::shared_ptr<const Backend> backend;
  bool ignore_mismatched_sizes = false;
  /// Seed of freshly initialised parameters (a missing head, `from_config`) and of dropout.
  std::uint64_t seed = 0;
};

/// Fills a model tensor by tensor, in whatever order they come: pulled from files natively, pushed
/// from a download in a browser. At most one tensor is held beside the packed weights.
///
///     ModelLoader loader(config, options);
///     loader.plan(tensors);  // from names and shapes: does the checkpoint fit?
///     for (…) loader.accept(index, bytes);
///     auto model = loader.finish();
class ModelLoader {
 public:
  /// Throws `kUnsupported` for an unknown model type or a dtype that the backend cannot do.
  ModelLoader(PretrainedConfig config, const LoadOptions& options);
  ~ModelLoader();

  /// Matches the checkpoint's tensors with the parameters. Throws `kNotFound` when a parameter of
  /// the base model is missing, `kInvalidArgument` for a shape that does not fit and is not to be
  /// ignored.
  void plan(std::vector<TensorInfo> tensors);

  /// Whether `accept` wants this tensor; the others need not be read. Scales of int8 weights are
  /// best read before them: a weight that comes first waits, in memory.
  bool wants(std::size_t tensor) const;

  /// Takes the bytes of a tensor, row-major little-endian in its own dtype.
  void accept(std::size_t tensor, std::span<const std::byte> bytes);

  /// Initialises what the checkpoint lacks and gives the model, in evaluation mode. Throws
  /// `kInternal` when a planned tensor was not delivered.
  std::unique_ptr<SequenceClassifier> finish();

  const LoadReport& report() const { return plan_.report; }

 private:
  /// A weight that is stored as int8.
  struct Quantized {
    QuantizedRows rows;
    std::optional<std::vector<float>> scales;
    std::vector<std::byte> waiting;  ///< the weight, which came before its scales
  };

  /// Pairs int8 weights with their scales, and gives the tensors as `plan_load` is to see them:
  /// without the scales, weights as floats. `places` has their indices.
  std::vector<TensorInfo> pair_scales(std::vector<std::size_t>& places);
  void accept_quantized(std::size_t tensor, Quantized& weight, std::span<const std::byte> bytes);

  LoadOptions options_;
  std::unique_ptr<SequenceClassifier> model_;
  LoadPlan plan_;
  std::vector<TensorInfo> tensors_;
  std::vector<char> filled_;                      // by parameter
  std::map<std::size_t, Quantized> quantized_;    // by tensor
  std::map<std::size_t, std::size_t> weight_of_;  // by tensor of scales
};

}  // namespace verdict

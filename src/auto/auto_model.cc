#include "verdict/auto/auto_model.h"

#include <array>
#include <utility>

#include "verdict/auto/model_files.h"
#include "verdict/auto/model_loader.h"
#include "verdict/auto/quantize.h"
#include "verdict/base/error.h"
#include "verdict/base/strings.h"
#include "verdict/base/unwritten_vector.h"
#include "verdict/checkpoint/checkpoint_reader.h"

namespace verdict {

namespace {

constexpr std::array<std::pair<std::string_view, ComputeType>, 8> kComputeTypes{{
    {"f32", ComputeType::kF32},
    {"float32", ComputeType::kF32},
    {"fp32", ComputeType::kF32},
    {"q8", ComputeType::kQ8},
    {"int8", ComputeType::kQ8},
    {"bf16", ComputeType::kBF16},
    {"bfloat16", ComputeType::kBF16},
    {"auto", ComputeType::kF32},
}};

/// Tensors that the caller holds in memory, as a checkpoint.
class StateDict final : public CheckpointReader {
 public:
  explicit StateDict(const std::map<std::string, Tensor>& tensors) {
    for (const auto& [name, tensor] : tensors) {
      infos_.push_back({name, tensor.dtype(), tensor.shape(), 0, tensor.bytes().size()});
      tensors_.push_back(&tensor);
    }
  }

  std::span<const TensorInfo> tensors() const override { return infos_; }
  void read(std::size_t index, std::span<std::byte> out) const override {
    const auto bytes = tensors_.at(index)->bytes();
    std::copy(bytes.begin(), bytes.end(), out.begin());
  }

 private:
  std::vector<TensorInfo> infos_;
  std::vector<const Tensor*> tensors_;
};

void check(const FromPretrainedOptions& options) {
  if (!options.model_args.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                concat(options.model_args.size(),
                       " positional model_args were given, but no model class takes any. Pass "
                       "config attributes by keyword."));
  }
  if (options.from_tf && options.from_flax) {
    throw Error(ErrorCode::kInvalidArgument, "from_tf and from_flax exclude each other.");
  }
  if (options.device != "cpu") {
    throw Error(ErrorCode::kUnsupported,
                concat("The device \"", options.device, "\" is not supported; use \"cpu\"."));
  }
}

LoadOptions load_options(const FromPretrainedOptions& options, ComputeType dtype) {
  LoadOptions load;
  load.dtype = dtype;
  load.threads = options.threads;
  load.ignore_mismatched_sizes = options.ignore_mismatched_sizes;
  load.seed = options.seed;
  return load;
}

std::unique_ptr<SequenceClassifier> load(PretrainedConfig config,
                                         const CheckpointReader& checkpoint,
                                         const FromPretrainedOptions& options) {
  const ComputeType dtype = compute_type(options.dtype, config);
  ModelLoader loader(std::move(config), load_options(options, dtype));
  const auto tensors = checkpoint.tensors();
  loader.plan({tensors.begin(), tensors.end()});
  UnwrittenVector<std::byte> bytes;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (!loader.wants(i)) continue;
    with_memory_errors("Loading the model",
                       [&] { bytes.resize(static_cast<std::size_t>(tensors[i].byte_size())); });
    checkpoint.read(i, bytes);
    loader.accept(i, bytes);
  }
  return loader.finish();
}

std::unique_ptr<SequenceClassifier> load(const FileSet& files, const std::string& file,
                                         const FromPretrainedOptions& options) {
  PretrainedConfig config = read_model_config(files, file, options);
  if (options.state_dict) return load(std::move(config), StateDict(*options.state_dict), options);
  const auto checkpoint = open_model_weights(files, file, options, config);
  return load(std::move(config), *checkpoint, options);
}

}  // namespace

ComputeType compute_type_from_name(std::string_view name) {
  std::vector<std::string_view> known;
  for (const auto& [spelling, type] : kComputeTypes) {
    if (spelling == name) return type;
    known.push_back(spelling);
  }
  throw Error(ErrorCode::kInvalidArgument,
              concat("The dtype \"", name, "\" is unknown; use one of ",
                     quoted_list(known, known.size()), "."));
}

AutoModelForSequenceClassification::AutoModelForSequenceClassification() {
  throw Error(ErrorCode::kInvalidArgument,
              "AutoModelForSequenceClassification cannot be constructed; use "
              "AutoModelForSequenceClassification::from_pretrained(name_or_path) or "
              "AutoModelForSequenceClassification::from_config(config).");
}

std::unique_ptr<SequenceClassifier> AutoModelForSequenceClassification::from_config(
    const PretrainedConfig& config, const FromPretrainedOptions& options) {
  check(options);
  const LoadOptions load = load_options(options, compute_type(options.dtype, config));
  return ModelLoader(config.with(options.kwargs), load).finish();
}

std::unique_ptr<SequenceClassifier> AutoModelForSequenceClassification::from_pretrained(
    const std::string& name_or_path, const FromPretrainedOptions& options) {
  check(options);
  const ModelFiles model = open_model_files(name_or_path, options);
  return load(*model.files, model.weights, options);
}

std::unique_ptr<SequenceClassifier> AutoModelForSequenceClassification::from_pretrained(
    const FileSet& files, const FromPretrainedOptions& options) {
  check(options);
  return load(files, "", options);
}

}  // namespace verdict

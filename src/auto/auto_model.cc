#include "verdict/auto/auto_model.h"

#include <array>
#include <filesystem>
#include <system_error>
#include <utility>

#include "verdict/auto/foreign_checkpoint.h"
#include "verdict/auto/model_loader.h"
#include "verdict/base/error.h"
#include "verdict/base/strings.h"
#include "verdict/checkpoint/checkpoint_reader.h"
#include "verdict/hub/hub.h"

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

LoadOptions load_options(const FromPretrainedOptions& options) {
  LoadOptions load;
  load.dtype = compute_type_from_name(options.dtype);
  load.threads = options.threads;
  load.ignore_mismatched_sizes = options.ignore_mismatched_sizes;
  load.seed = options.seed;
  return load;
}

/// One file of weights of another framework that a path names; `file` lies in the folder.
struct WeightsPath {
  std::string folder;
  std::string file;
};

std::optional<WeightsPath> foreign_file(const std::string& path,
                                        const FromPretrainedOptions& options) {
  std::error_code ignored;
  std::string found = path;
  if (std::filesystem::is_directory(path, ignored)) return std::nullopt;
  if (!std::filesystem::exists(path, ignored)) found += ".index";
  if (!std::filesystem::is_regular_file(found, ignored)) return std::nullopt;
  const bool is_flax = ends_with(found, ".msgpack");
  const bool is_tf = ends_with(found, ".index") || ends_with(found, ".h5");
  if (!options.from_tf && !options.from_flax) {
    if (!is_tf && !is_flax) return std::nullopt;
    throw Error(ErrorCode::kInvalidArgument,
                concat("\"", found, "\" holds weights of ", is_tf ? "TensorFlow" : "Flax", ". Set ",
                       is_tf ? "from_tf" : "from_flax", " to load them."));
  }
  const std::filesystem::path file(found);
  const std::string folder = file.parent_path().string();
  return WeightsPath{folder.empty() ? "." : folder, file.filename().string()};
}

/// The weights of a folder, or its file `file`.
std::unique_ptr<CheckpointReader> open_weights(const FileSet& files, const std::string& file,
                                               const FromPretrainedOptions& options,
                                               const PretrainedConfig& config) {
  if (options.from_tf)
    return open_foreign_checkpoint(files, file, ForeignFormat::kTensorFlow, config);
  if (options.from_flax) return open_foreign_checkpoint(files, file, ForeignFormat::kFlax, config);
  auto checkpoint = open_checkpoint(files);
  // The reference goes by the file's metadata too.
  if (checkpoint->framework() == "tf")
    return open_foreign_checkpoint(files, file, ForeignFormat::kTensorFlow, config);
  return checkpoint;
}

std::unique_ptr<SequenceClassifier> load(PretrainedConfig config,
                                         const CheckpointReader& checkpoint,
                                         const FromPretrainedOptions& options) {
  ModelLoader loader(std::move(config), load_options(options));
  const auto tensors = checkpoint.tensors();
  loader.plan({tensors.begin(), tensors.end()});
  std::vector<std::byte> bytes;
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
  if (!options.config && !file.empty() && !files.contains("config.json")) {
    throw Error(ErrorCode::kNotFound, concat("No config.json lies beside \"", file, "\" in \"",
                                             files.name(), "\"; pass the option config."));
  }
  PretrainedConfig config = options.config ? options.config->with(options.kwargs)
                                           : AutoConfig::from_pretrained(files, options.kwargs);
  if (options.state_dict) return load(std::move(config), StateDict(*options.state_dict), options);
  const auto checkpoint = open_weights(files, file, options, config);
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
  return ModelLoader(config.with(options.kwargs), load_options(options)).finish();
}

std::unique_ptr<SequenceClassifier> AutoModelForSequenceClassification::from_pretrained(
    const std::string& name_or_path, const FromPretrainedOptions& options) {
  check(options);
  if (const auto weights = foreign_file(name_or_path, options))
    return load(*open_folder(weights->folder), weights->file, options);
  const auto files = open_model(name_or_path, {options.cache_dir, options.local_files_only,
                                               options.revision, options.subfolder, options.token});
  return from_pretrained(*files, options);
}

std::unique_ptr<SequenceClassifier> AutoModelForSequenceClassification::from_pretrained(
    const FileSet& files, const FromPretrainedOptions& options) {
  check(options);
  return load(files, "", options);
}

}  // namespace verdict

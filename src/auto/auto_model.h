#pragma once

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "verdict/auto/model.h"
#include "verdict/base/byte_source.h"
#include "verdict/config/config.h"

namespace verdict {

/// Options of `from_pretrained` (names of the reference).
struct FromPretrainedOptions {
  std::optional<PretrainedConfig> config;  ///< instead of the model's own config.json
  /// Weights instead of the model's own file, by their checkpoint names.
  std::optional<std::map<std::string, Tensor>> state_dict;
  std::string
      cache_dir;  ///< the hub's cache folder; empty: HF_HUB_CACHE, HF_HOME or the usual place
  /// Weights of TensorFlow (model.ckpt.index, tf_model.h5, safetensors) or Flax; needs a program
  /// that is linked with the converter.
  bool from_tf = false;
  bool from_flax = false;
  bool local_files_only = false;  ///< never ask a server
  std::string revision = "main";
  std::string subfolder;
  std::string token;  ///< for private models; empty: HF_TOKEN
  /// "f32" ("float32", "fp32"), "q8" ("int8"), "bf16" ("bfloat16"), or "auto": q8 for weights that
  /// are stored so (docs/q8.md), else f32.
  std::string dtype = "auto";
  std::string device = "cpu";  ///< "cpu"; "cuda" in builds that have it
  int threads = 1;             ///< 0: one a core
  bool ignore_mismatched_sizes = false;
  std::uint64_t seed = 0;  ///< for parameters that the checkpoint lacks
  std::vector<nlohmann::json>
      model_args;  ///< positional arguments; no class takes any, so one is an error
  /// Config attributes by keyword (`num_labels`, `id2label`, `output_attentions`, …), which
  /// override the config.
  nlohmann::json kwargs = nlohmann::json::object();
};

/// Chooses the class by `config.model_type` (transformers' `AutoModelForSequenceClassification`).
class AutoModelForSequenceClassification {
 public:
  /// Throws `kInvalidArgument`: use `from_pretrained` or `from_config`.
  AutoModelForSequenceClassification();

  /// A model with freshly initialised weights. `options` gives dtype, threads, device and seed.
  static std::unique_ptr<SequenceClassifier> from_config(const PretrainedConfig& config,
                                                         const FromPretrainedOptions& options = {});

  /// Loads a folder, or a model's name or URL (see `open_model`), or with `from_tf` or `from_flax`
  /// one file (`….index`, its name without that, `….h5`, `….msgpack`); evaluation mode. What was
  /// missing, unexpected or mismatched stands in `load_report()` of the model
  /// (`output_loading_info` of the reference).
  static std::unique_ptr<SequenceClassifier> from_pretrained(
      const std::string& name_or_path, const FromPretrainedOptions& options = {});

  /// The same from files that the caller opened.
  static std::unique_ptr<SequenceClassifier> from_pretrained(
      const FileSet& files, const FromPretrainedOptions& options = {});
};

/// "f32", "float32", "fp32", "q8", "int8", "bf16", "bfloat16", "auto" → the type; throws
/// `kInvalidArgument` with the list for any other.
ComputeType compute_type_from_name(std::string_view name);

}  // namespace verdict

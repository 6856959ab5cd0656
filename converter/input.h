#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "verdict/base/byte_source.h"
#include "verdict/checkpoint/checkpoint_reader.h"
#include "verdict/config/config.h"
#include "verdict_convert/name_map.h"

namespace verdict::convert {

/// What a file of weights is; its content tells.
enum class CheckpointKind {
  kSafetensors,
  kTensorFlowSafetensors,  ///< names and kernels of TensorFlow, as the file's metadata say
  kPyTorch,
  kTensorFlow1,
  kTensorFlow2,
  kKeras,
  kFlax,
  kNumpy,  ///< OpenAI GPT's params_0.npy to params_9.npy
};

/// "safetensors", "tensorflow-safetensors", "pytorch", "tensorflow1", "tensorflow2", "keras",
/// "flax", "numpy"
std::string_view checkpoint_kind_name(CheckpointKind kind);

/// Weights under the names that the file gives them.
struct StoredCheckpoint {
  CheckpointKind kind = CheckpointKind::kSafetensors;
  std::unique_ptr<CheckpointReader> reader;
  std::vector<std::string> full_names;  ///< see `TensorBundle`
  bool class_level = false;             ///< see `KerasWeights`
};

/// Opens `file` of `files`: a file of weights of any kind, or the index of its shards. Throws
/// `kUnsupported` for content of no known kind, and what the kind's reader throws.
StoredCheckpoint open_stored(const FileSet& files, const std::string& file);

/// The tensors whose names begin with `prefix`, without it. Throws `kNotFound` when there are none.
StoredCheckpoint below_prefix(StoredCheckpoint checkpoint, const std::string& prefix);

/// What becomes of every stored tensor in a model of this config, in the order of the file.
NameMap map_names(const StoredCheckpoint& checkpoint, const PretrainedConfig& config);

/// Where weights lie that a path names.
struct InputFiles {
  std::unique_ptr<FileSet> weights;  ///< the folder of the weights
  std::string file;                  ///< in it
  std::unique_ptr<FileSet> model;    ///< the folder of config and tokenizer
};

/// Finds the weights that `path` names: a file, a TensorFlow checkpoint without its ".index", or a
/// folder. In a folder the reference's names count in its order of preference, then "*.index" (of
/// several, the one that the file "checkpoint" names), a SavedModel's variables and OpenAI GPT's
/// "params_0.npy"; no other file does. Throws `kNotFound`, and `kInvalidArgument` when several
/// could be meant.
InputFiles find_input(const std::string& path);

/// The model's config: the file `config` where it is given, else the folder's config.json, else the
/// config of an original code base. `model_type` and `num_labels` are the caller's; empty: what the
/// file says. Throws `kNotFound` when there is none.
PretrainedConfig read_model_config(const FileSet& files, const std::string& config,
                                   const std::string& model_type,
                                   std::optional<std::int64_t> num_labels);

}  // namespace verdict::convert

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "verdict/base/dtype.h"
#include "verdict/checkpoint/load_report.h"
#include "verdict_convert/name_map.h"

namespace verdict::convert {

struct ConvertProgress {
  std::uint64_t done = 0;   ///< bytes of the result's tensors
  std::uint64_t total = 0;  ///< with those that `verify` reads again
};

struct ConvertOptions {
  std::string config;      ///< a config file in the place of the folder's
  std::string model_type;  ///< where the config does not tell
  std::optional<std::int64_t> num_labels;
  std::string prefix;          ///< of the tensors' names: others are skipped
  std::optional<DType> dtype;  ///< of floats: F32, F16 or BF16; none: as stored, F64 as F32
  bool quantize = false;       ///< q8
  std::uint64_t max_shard_size = 5'000'000'000;
  bool dry_run = false;       ///< only the report
  bool tensors_only = false;  ///< no model: tensors under their own names
  bool verify = false;        ///< reads the result and compares every tensor with the input
  /// Is called after every tensor. What it throws ends the conversion.
  std::function<void(const ConvertProgress&)> progress;
};

/// A parameter in the result.
struct ConvertedTensor {
  std::string name;
  std::string from;  ///< the stored tensor
  DType dtype = DType::kF32;
  DType stored_dtype = DType::kF32;
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> stored_shape;
};

struct ConvertReport {
  std::string input;        ///< the file that was read
  std::string kind;         ///< see `checkpoint_kind_name`
  std::string model_type;   ///< empty: tensors only
  std::string model_class;  ///< empty where Verdict does not run the type
  std::vector<ConvertedTensor> mapped;
  std::map<SkipReason, std::vector<std::string>> skipped;
  std::vector<std::string> missing;  ///< parameters that the input lacks: a new head, when loaded
  std::vector<std::string> missing_base;  ///< those that a model cannot do without
  std::vector<MismatchedKey> mismatched;
  std::vector<std::string> files;  ///< names in the output folder
  std::uint64_t bytes = 0;         ///< of the written tensors
  bool verified = false;

  /// Whether the result can be loaded.
  bool fits() const { return missing_base.empty() && mismatched.empty(); }

  nlohmann::json to_json() const;
  /// The names, one a line: what becomes of every stored tensor, and what is missing.
  std::string mapping() const;
  /// A few lines for people.
  std::string summary() const;
};

/// "optimizer", "counter", "pre_training_head", "unrepresentable", "unused", "unknown"
std::string_view skip_reason_name(SkipReason reason);

/// Converts what `input` names (see `find_input`) into the folder `output`, which must not exist or
/// be empty: model.safetensors, or its shards, config.json and the tokenizer's files. It appears
/// whole or not at all. Holds one tensor at a time.
///
/// Throws `kInvalidArgument` for an output that exists, for a shape that is not the config's and
/// for values that `dtype` cannot hold, `kNotFound` when a parameter of the base model is missing,
/// and what reading and writing throw.
ConvertReport convert(const std::string& input, const std::string& output,
                      const ConvertOptions& options);

}  // namespace verdict::convert

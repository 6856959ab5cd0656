#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "verdict/base/byte_source.h"

namespace verdict::convert {

/// The config file of an original code base (`bert_config.json`, `albert_config.json`,
/// `xlnet_config.json`, `hparams.json`, …) in a folder, as a config.json of the reference, and the
/// file's name.
struct OriginalConfig {
  nlohmann::json config;
  std::string file;
};

/// `model_type` is the caller's (`--model-type`), or empty: then the file's name or content must
/// tell it, else `kInvalidArgument` says which option does. Nothing when the folder holds no such
/// file.
std::optional<OriginalConfig> read_original_config(const FileSet& files,
                                                   const std::string& model_type);

/// The same for one file that the caller names (`--config`), of an original code base or of the
/// reference.
nlohmann::json canonical_config(const nlohmann::json& json, const std::string& file,
                                const std::string& model_type);

}  // namespace verdict::convert

#include "verdict/auto/model_files.h"

#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "verdict/auto/foreign_checkpoint.h"
#include "verdict/base/error.h"
#include "verdict/base/strings.h"
#include "verdict/hub/hub.h"

namespace verdict {

namespace {

/// The path of another framework's file of weights, complete; nothing for a folder or name.
std::optional<std::filesystem::path> foreign_file(const std::string& path,
                                                  const FromPretrainedOptions& options) {
  std::error_code ignored;
  std::string found = path;
  if (std::filesystem::is_directory(path, ignored)) return std::nullopt;
  // TensorFlow names a checkpoint by the prefix of its files.
  if (!std::filesystem::exists(path, ignored)) found += ".index";
  if (!std::filesystem::is_regular_file(found, ignored)) return std::nullopt;
  if (options.from_tf || options.from_flax) return found;
  const bool is_flax = ends_with(found, ".msgpack");
  if (!is_flax && !ends_with(found, ".index") && !ends_with(found, ".h5")) return std::nullopt;
  throw Error(ErrorCode::kInvalidArgument,
              concat("\"", found, "\" holds weights of ", is_flax ? "Flax" : "TensorFlow", ". Set ",
                     is_flax ? "from_flax" : "from_tf", " to load them."));
}

}  // namespace

ModelFiles open_model_files(const std::string& name_or_path, const FromPretrainedOptions& options) {
  if (const auto file = foreign_file(name_or_path, options)) {
    const std::string folder = file->parent_path().string();
    return {open_folder(folder.empty() ? "." : folder), file->filename().string()};
  }
  return {open_model(name_or_path, {options.cache_dir, options.local_files_only, options.revision,
                                    options.subfolder, options.token}),
          ""};
}

PretrainedConfig read_model_config(const FileSet& files, const std::string& weights,
                                   const FromPretrainedOptions& options) {
  if (options.config) return options.config->with(options.kwargs);
  if (!weights.empty() && !files.contains("config.json")) {
    throw Error(ErrorCode::kNotFound, concat("No config.json lies beside \"", weights, "\" in \"",
                                             files.name(), "\". Pass the option config."));
  }
  return AutoConfig::from_pretrained(files, options.kwargs);
}

std::unique_ptr<CheckpointReader> open_model_weights(const FileSet& files,
                                                     const std::string& weights,
                                                     const FromPretrainedOptions& options,
                                                     const PretrainedConfig& config) {
  if (options.from_tf)
    return open_foreign_checkpoint(files, weights, ForeignFormat::kTensorFlow, config);
  if (options.from_flax)
    return open_foreign_checkpoint(files, weights, ForeignFormat::kFlax, config);
  auto checkpoint = open_checkpoint(files);
  // The reference goes by the file's metadata too.
  if (checkpoint->framework() == "tf")
    return open_foreign_checkpoint(files, weights, ForeignFormat::kTensorFlow, config);
  return checkpoint;
}

}  // namespace verdict

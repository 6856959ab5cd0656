#pragma once

#include <memory>
#include <string>

#include "verdict/auto/auto_model.h"
#include "verdict/base/byte_source.h"
#include "verdict/checkpoint/checkpoint_reader.h"
#include "verdict/config/config.h"

// What `from_pretrained` reads, for whoever wants it without a model.
namespace verdict {

/// The files that a path or name stands for.
struct ModelFiles {
  std::unique_ptr<FileSet> files;
  std::string weights;  ///< the one that the path names; empty: the folder's
};

/// A folder, a name or URL (see `open_model`), or a file of another framework's weights. Throws
/// `kInvalidArgument` for such a file without `from_tf` or `from_flax`.
ModelFiles open_model_files(const std::string& name_or_path, const FromPretrainedOptions& options);

/// `options.config`, or the folder's config.json, with `options.kwargs`.
PretrainedConfig read_model_config(const FileSet& files, const std::string& weights,
                                   const FromPretrainedOptions& options);

/// The weights, with the parameters' names where they are another framework's.
std::unique_ptr<CheckpointReader> open_model_weights(const FileSet& files,
                                                     const std::string& weights,
                                                     const FromPretrainedOptions& options,
                                                     const PretrainedConfig& config);

}  // namespace verdict

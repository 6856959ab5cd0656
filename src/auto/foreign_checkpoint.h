#pragma once

#include <memory>
#include <string>

#include "verdict/base/byte_source.h"
#include "verdict/checkpoint/checkpoint_reader.h"
#include "verdict/config/config.h"

namespace verdict {

/// Weights of another framework, which only the converter reads.
enum class ForeignFormat { kTensorFlow, kFlax };

/// A folder's or a file's weights of another framework, with the parameters' names and shapes:
/// `file` is a name within `files`, or empty for the one that the reference takes from a folder.
///
/// The converter (`verdict::convert`) defines this function. A program that is not linked with it
/// has one that throws `kUnsupported`. Throws `kNotFound` when the folder has no such weights, and
/// what the readers of the format throw.
std::unique_ptr<CheckpointReader> open_foreign_checkpoint(const FileSet& files,
                                                          const std::string& file,
                                                          ForeignFormat format,
                                                          const PretrainedConfig& config);

}  // namespace verdict

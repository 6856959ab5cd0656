#pragma once

#include <memory>
#include <string>
#include <vector>

#include "verdict/base/byte_source.h"
#include "verdict/checkpoint/checkpoint_reader.h"

namespace verdict::convert {

/// A TensorFlow checkpoint: `<prefix>.index` and its `<prefix>.data-xxxxx-of-yyyyy`.
struct TensorBundle {
  std::unique_ptr<CheckpointReader> reader;  ///< tensors under their keys
  bool object_based = false;                 ///< holds an object graph (TensorFlow 2)
  /// By tensor, in object-based ones: the variable's full name in the object graph, "" for none.
  std::vector<std::string> full_names;
};

/// Opens a bundle and checks all that its index says; data are checked (CRC-32C) when they are
/// read. `index_file` is the name of the `.index` file within `files`. Partitioned variables are
/// one tensor; tensors of strings are left out. Throws `kCorruptFile`, with file, position and
/// reason, and `kNotFound` for a missing shard.
TensorBundle open_tensor_bundle(const FileSet& files, const std::string& index_file);

}  // namespace verdict::convert

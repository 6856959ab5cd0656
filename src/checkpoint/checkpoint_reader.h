#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "verdict/base/byte_source.h"
#include "verdict/checkpoint/tensor_info.h"

namespace verdict {

/// A checkpoint: named tensors, read one at a time.
class CheckpointReader {
 public:
  virtual ~CheckpointReader() = default;

  /// In the order in which they are best read.
  virtual std::span<const TensorInfo> tensors() const = 0;

  /// The bytes of `tensors()[index]`, row-major little-endian; `out` has `byte_size()` bytes.
  virtual void read(std::size_t index, std::span<std::byte> out) const = 0;

  /// The framework that names and shapes follow, as safetensors' metadata give it ("pt", "tf");
  /// empty: nothing tells.
  virtual std::string_view framework() const { return {}; }
};

/// The tensors of safetensors files, the shards of one checkpoint.
std::unique_ptr<CheckpointReader> open_safetensors(std::vector<std::unique_ptr<ByteSource>> files);

/// Files of a sharded checkpoint's index (`weight_map`), each once, in order of name. Throws
/// `kCorruptFile` for a name that is no plain file name.
std::vector<std::string> shard_names(std::string_view index_json, std::string_view name);

/// The weights of a model's folder: `model.safetensors`, or the shards of
/// `model.safetensors.index.json`. Throws `kNotFound` when there are none, `kUnsupported`, with the
/// format's name, for weights of other formats.
std::unique_ptr<CheckpointReader> open_checkpoint(const FileSet& files);

}  // namespace verdict

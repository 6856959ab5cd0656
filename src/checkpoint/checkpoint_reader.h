#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "verdict/base/byte_source.h"
#include "verdict/checkpoint/tensor_info.h"

namespace verdict {

/// Bytes of a file from `begin` up to `end`.
struct ByteRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

/// A checkpoint: named tensors, read one at a time.
class CheckpointReader {
 public:
  virtual ~CheckpointReader() = default;

  /// In the order in which they are best read.
  virtual std::span<const TensorInfo> tensors() const = 0;

  /// The bytes of `tensors()[index]`, row-major little-endian; `out` has `byte_size()` bytes.
  virtual void read(std::size_t index, std::span<std::byte> out) const = 0;

  /// Of a checkpoint of one file: the part of it that `read` takes. Those of two tensors are the
  /// same, or do not overlap.
  virtual ByteRange range(std::size_t index) const {
    return {tensors()[index].begin, tensors()[index].end};
  }

  /// The framework that names and shapes follow, as safetensors' metadata give it ("pt", "tf");
  /// empty: nothing tells.
  virtual std::string_view framework() const { return {}; }
};

/// Opens one file of weights.
using OpenWeights = std::unique_ptr<CheckpointReader> (*)(std::unique_ptr<ByteSource> file);

/// The tensors of one safetensors file.
std::unique_ptr<CheckpointReader> open_safetensors(std::unique_ptr<ByteSource> file);

/// Files of a sharded checkpoint's index (`weight_map`), each once, in order of name. Throws
/// `kCorruptFile` for a name that is no plain file name.
std::vector<std::string> shard_names(std::string_view index_json, std::string_view name);

/// The tensors of all shards that an index names, each opened by `open`. Throws `kCorruptFile` for
/// a tensor that stands in two of them or in none.
std::unique_ptr<CheckpointReader> open_shards(const FileSet& files, const ByteSource& index,
                                              OpenWeights open);

/// The weights of a model's folder, in the reference's order of preference: `model.safetensors`,
/// the shards of `model.safetensors.index.json`, `pytorch_model.bin`, the shards of
/// `pytorch_model.bin.index.json`. Throws `kNotFound` when there are none, `kUnsupported`, with the
/// format's name, for weights of other formats.
std::unique_ptr<CheckpointReader> open_checkpoint(const FileSet& files);

}  // namespace verdict

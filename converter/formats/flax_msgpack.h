#pragma once

#include <memory>
#include <vector>

#include "verdict/base/byte_source.h"
#include "verdict/checkpoint/checkpoint_reader.h"

namespace verdict::convert {

/// The arrays of `flax_model.msgpack`, or of all shards of one; the levels of their names are
/// joined by dots. Throws `kCorruptFile`, with file, position and reason.
std::unique_ptr<CheckpointReader> open_flax_msgpack(std::vector<std::unique_ptr<ByteSource>> files);

}  // namespace verdict::convert

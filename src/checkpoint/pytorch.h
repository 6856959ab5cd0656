#pragma once

#include <memory>

#include "verdict/base/byte_source.h"
#include "verdict/checkpoint/checkpoint_reader.h"

namespace verdict {

/// A state dict that torch.save wrote, as a zip archive or as the stream of versions before 1.6.
/// Values that are no tensors are left out. Its pickle is parsed, never executed (see `Pickle`).
///
/// Throws `kUnsupported` for what is no flat dict of tensors and for compressed archives, else
/// `kCorruptFile`, each with the file's name and the place. `read` checks a storage's checksum and
/// holds the storage while tensors are views of it; one thread reads at a time.
std::unique_ptr<CheckpointReader> open_pytorch(std::unique_ptr<ByteSource> file);

}  // namespace verdict

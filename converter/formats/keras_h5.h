#pragma once

#include <memory>
#include <vector>

#include "verdict/base/byte_source.h"
#include "verdict/checkpoint/checkpoint_reader.h"

namespace verdict::convert {

/// The weights of a Keras HDF5 file, or of all shards of one, under their weight names
/// ("tf_bert_model_1/bert/embeddings/…:0"). Chunks are read and inflated one at a time; links to
/// other files and external storage are refused. Throws `kCorruptFile`, with file, position and
/// reason, `kUnsupported` for a feature of HDF5 that no Keras file needs.
std::unique_ptr<CheckpointReader> open_keras_h5(std::vector<std::unique_ptr<ByteSource>> files);

}  // namespace verdict::convert

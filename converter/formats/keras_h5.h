#pragma once

#include <memory>
#include <vector>

#include "verdict/base/byte_source.h"
#include "verdict/checkpoint/checkpoint_reader.h"

namespace verdict::convert {

/// The weights of Keras HDF5 files.
struct KerasWeights {
  std::unique_ptr<CheckpointReader> reader;  ///< tensors under their weight names
  /// The first level of the names is the model class' name ("tf_bert_model_1/bert/embeddings/…:0");
  /// the shards that transformers writes lack it.
  bool class_level = true;
};

/// Opens a Keras HDF5 file, or all shards of one. Chunks are read and inflated one at a time; links
/// to other files and external storage are refused. Throws `kCorruptFile`, with file, position and
/// reason, `kUnsupported` for a feature of HDF5 that no Keras file needs.
KerasWeights open_keras_h5(std::vector<std::unique_ptr<ByteSource>> files);

}  // namespace verdict::convert

#pragma once

#include <memory>

#include "verdict/base/byte_source.h"
#include "verdict/checkpoint/checkpoint_reader.h"

namespace verdict::convert {

/// OpenAI GPT's release: `params_0.npy` to `params_9.npy` are one row of floats, which
/// `params_shapes.json` cuts and `parameters_names.json` names. Throws `kCorruptFile`, `kNotFound`.
std::unique_ptr<CheckpointReader> open_numpy_parameters(const FileSet& files);

}  // namespace verdict::convert

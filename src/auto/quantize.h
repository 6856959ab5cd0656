#pragma once

#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "verdict/base/dtype.h"
#include "verdict/checkpoint/checkpoint_reader.h"
#include "verdict/checkpoint/safetensors.h"
#include "verdict/config/config.h"

// Checkpoints whose weights are stored as int8 with scales (docs/q8.md).
namespace verdict {

/// What follows a weight's name in the name of its scales.
inline constexpr std::string_view kScaleSuffix = "_scale";

/// `quantization_config` of a config.json beside such weights.
nlohmann::json quantization_config();

/// Whether the config says that the weights are stored so. Throws `kUnsupported` for another
/// version of the format.
bool is_stored_as_q8(const PretrainedConfig& config);

/// The type of a name (see `compute_type_from_name`) for a checkpoint with this config: "auto" is
/// q8 for one that is stored so, else f32.
ComputeType compute_type(std::string_view dtype, const PretrainedConfig& config);

/// What a checkpoint of floats becomes: int8 weights, each behind its scales, under the names of
/// the model's parameters, and everything else as float32. A parameter that the checkpoint lacks is
/// left out. One tensor is read at a time, when its data is asked for; `checkpoint` must live so
/// long. Throws what `plan_load` throws.
std::vector<TensorWriter> quantized_tensors(const PretrainedConfig& config,
                                            const CheckpointReader& checkpoint);

}  // namespace verdict

#pragma once

#include <span>
#include <string>

#include "verdict/checkpoint/load_plan.h"
#include "verdict/config/config.h"
#include "verdict_convert/name_map.h"

// The names that other code bases gave the parameters of the reference. One file a family of names.
namespace verdict::convert {

/// What a rule may look at beside the stored tensors.
struct Naming {
  const PretrainedConfig& config;
  /// The parameters of the type's sequence classifier; empty for a type that Verdict does not run,
  /// whose shapes then follow from the stored ones alone.
  std::span<const ExpectedParameter> expected;
};

/// The original TensorFlow 1 code bases (and OpenAI GPT's numpy files), by `config.model_type`.
NameMap map_tensorflow1(std::span<const TensorInfo> stored, const Naming& naming);

/// Object-based checkpoints: by the full names of the variables, as in Keras files, or, where these
/// say nothing (model garden), by the keys. `full_names` are those of `TensorBundle`.
NameMap map_tensorflow2(std::span<const TensorInfo> stored, std::span<const std::string> full_names,
                        const Naming& naming);

/// Keras weight names as transformers' TensorFlow classes write them, in HDF5 (`class_level`: the
/// first level is the class' name) or safetensors.
NameMap map_keras(std::span<const std::string> names, std::span<const TensorInfo> stored,
                  bool class_level, const Naming& naming);

/// Names of the reference itself, of whatever release: what `plan_load` makes of them.
NameMap map_pytorch(std::span<const TensorInfo> stored, const Naming& naming);

/// Names as transformers' Flax classes write them.
NameMap map_flax(std::span<const TensorInfo> stored, const Naming& naming);

}  // namespace verdict::convert

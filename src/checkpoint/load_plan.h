#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "verdict/checkpoint/load_report.h"
#include "verdict/checkpoint/tensor_info.h"

namespace verdict {

/// A parameter that a model wants to have filled.
struct ExpectedParameter {
  std::string name;
  std::vector<std::int64_t> shape;
  /// Its values follow from its shape (sinusoidal positions), so that no checkpoint has to hold it.
  bool is_computed = false;
};

struct LoadRules {
  std::string_view model_type;
  std::string_view base_model_prefix;  ///< parameters outside of this scope belong to the head
  bool ignore_mismatched_sizes = false;
};

/// A parameter that a stored tensor fills with its rows from `first_row` on.
struct LoadTarget {
  std::size_t parameter;
  std::int64_t first_row;
};

/// Which stored tensor fills which parameters, decided from names and shapes alone.
struct LoadPlan {
  std::vector<std::vector<LoadTarget>> targets;  ///< by stored tensor; none: not used
  LoadReport report;
};

/// Matches stored tensors with parameters as the reference does: renames, fused tensors, a
/// base-model prefix that is missing or superfluous, tied and ignored keys.
///
/// A missing head is reported. Throws `kNotFound` when a parameter of the base model is missing,
/// `kInvalidArgument` for a shape that differs (unless `ignore_mismatched_sizes`) and
/// `kUnsupported` for a weight that is not of floating type.
LoadPlan plan_load(std::span<const TensorInfo> stored, std::span<const ExpectedParameter> expected,
                   const LoadRules& rules);

}  // namespace verdict

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
};

struct LoadRules {
  std::string_view base_model_prefix;  ///< parameters outside of this scope belong to the head
  bool ignore_mismatched_sizes = false;
};

/// Which stored tensor fills which parameter, decided from names and shapes alone.
struct LoadPlan {
  std::vector<std::optional<std::size_t>> parameter_of;  ///< by stored tensor; nothing: not used
  LoadReport report;
};

/// Matches stored tensors with parameters as the reference does: renames, a base-model prefix that
/// is missing or superfluous, ignored buffers.
///
/// A missing head is reported. Throws `kNotFound` when a parameter of the base model is missing,
/// `kInvalidArgument` for a shape that differs (unless `ignore_mismatched_sizes`) and
/// `kUnsupported` for a weight that is not of floating type.
LoadPlan plan_load(std::span<const TensorInfo> stored, std::span<const ExpectedParameter> expected,
                   const LoadRules& rules);

}  // namespace verdict

#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace verdict {

/// A parameter whose stored shape is not the model's.
struct MismatchedKey {
  std::string name;
  std::vector<std::int64_t> checkpoint_shape;
  std::vector<std::int64_t> model_shape;
};

/// What `from_pretrained` found (the reference's `output_loading_info`).
struct LoadReport {
  std::vector<std::string> missing_keys;     ///< parameters that were freshly initialised
  std::vector<std::string> unexpected_keys;  ///< stored tensors that the model does not have
  std::vector<MismatchedKey>
      mismatched_keys;  ///< freshly initialised because of `ignore_mismatched_sizes`
  std::vector<std::string>
      non_finite_keys;  ///< parameters that hold NaN or infinity, taken as they are

  /// Whether some parameter's values do not come from the checkpoint.
  bool has_new_parameters() const { return !missing_keys.empty() || !mismatched_keys.empty(); }

  /// A warning for people; empty when there is nothing to say.
  std::string to_string() const;
  nlohmann::json to_json() const;
};

}  // namespace verdict

#include "verdict/checkpoint/load_report.h"

#include "verdict/base/strings.h"

namespace verdict {

std::string LoadReport::to_string() const {
  std::string out;
  if (!missing_keys.empty()) {
    out += concat("Freshly initialised, because the checkpoint lacks them: ",
                  quoted_list(missing_keys), ". Train the model before you trust its answers.\n");
  }
  for (const MismatchedKey& key : mismatched_keys) {
    out += concat("Freshly initialised, because the shapes differ: \"", key.name, "\" is ",
                  shape_string(key.checkpoint_shape), " in the checkpoint and ",
                  shape_string(key.model_shape), " in the model.\n");
  }
  if (!unexpected_keys.empty()) {
    out +=
        concat("Not used, because the model has no such parameters: ", quoted_list(unexpected_keys),
               ".\n");
  }
  if (!non_finite_keys.empty()) {
    out += concat("These parameters hold NaN or infinity: ", quoted_list(non_finite_keys), ".\n");
  }
  return out;
}

nlohmann::json LoadReport::to_json() const {
  nlohmann::json mismatched = nlohmann::json::array();
  for (const MismatchedKey& key : mismatched_keys) {
    mismatched.push_back({{"name", key.name},
                          {"checkpoint_shape", key.checkpoint_shape},
                          {"model_shape", key.model_shape}});
  }
  return {{"missing_keys", missing_keys},
          {"unexpected_keys", unexpected_keys},
          {"mismatched_keys", mismatched},
          {"non_finite_keys", non_finite_keys}};
}

}  // namespace verdict

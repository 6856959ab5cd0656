#include "verdict/checkpoint/load_plan.h"

#include <map>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"
#include "verdict/checkpoint/renames.h"

namespace verdict {

namespace {

class Matcher {
 public:
  Matcher(std::span<const ExpectedParameter> expected, const LoadRules& rules)
      : expected_(expected),
        rules_(rules),
        prefix_(concat(rules.base_model_prefix, ".")),
        tensor_of_(expected.size()) {
    for (std::size_t i = 0; i < expected.size(); ++i) index_.emplace(expected[i].name, i);
  }

  LoadPlan match(std::span<const TensorInfo> stored) {
    LoadPlan plan;
    for (const TensorInfo& tensor : stored)
      plan.parameter_of.push_back(assign(tensor, plan.report));
    report_missing(plan.report);
    return plan;
  }

 private:
  std::optional<std::size_t> find(std::string_view stored) const {
    const std::string key = canonical_key(stored);
    for (const std::string& candidate : {key, concat(prefix_, key)}) {
      if (const auto found = index_.find(candidate); found != index_.end()) return found->second;
    }
    if (starts_with(key, prefix_)) {
      if (const auto found = index_.find(key.substr(prefix_.size())); found != index_.end())
        return found->second;
    }
    return std::nullopt;
  }

  std::optional<std::size_t> assign(const TensorInfo& tensor, LoadReport& report) {
    const auto parameter = find(tensor.name);
    if (!parameter) {
      if (!is_ignored_key(tensor.name)) report.unexpected_keys.push_back(tensor.name);
      return std::nullopt;
    }
    if (tensor_of_[*parameter] != nullptr) {
      throw Error(
          ErrorCode::kCorruptFile,
          concat("The checkpoint holds the parameter ", expected_[*parameter].name, " twice: as \"",
                 *tensor_of_[*parameter], "\" and as \"", tensor.name, "\"."));
    }
    if (!is_floating_point(tensor.dtype)) {
      throw Error(ErrorCode::kUnsupported,
                  concat("The weight \"", tensor.name, "\" is stored as ", dtype_name(tensor.dtype),
                         "; F16, BF16, F32 or F64 was expected. Save the model without "
                         "quantisation; dtype \"q8\" quantises at load time."));
    }
    tensor_of_[*parameter] = &tensor.name;
    if (tensor.shape == expected_[*parameter].shape) return parameter;
    report.mismatched_keys.push_back(
        {expected_[*parameter].name, tensor.shape, expected_[*parameter].shape});
    if (!rules_.ignore_mismatched_sizes) {
      throw Error(
          ErrorCode::kInvalidArgument,
          concat("The weight \"", tensor.name, "\" has the shape ", shape_string(tensor.shape),
                 ", but the config asks for ", shape_string(expected_[*parameter].shape),
                 ". Correct the config, or pass ignore_mismatched_sizes to initialise it afresh."));
    }
    return std::nullopt;
  }

  void report_missing(LoadReport& report) const {
    std::vector<std::string> base;
    for (std::size_t i = 0; i < expected_.size(); ++i) {
      if (tensor_of_[i] != nullptr) continue;
      report.missing_keys.push_back(expected_[i].name);
      if (starts_with(expected_[i].name, prefix_)) base.push_back(expected_[i].name);
    }
    if (!base.empty()) {
      throw Error(ErrorCode::kNotFound,
                  concat("The checkpoint lacks parameters of the base model: ", quoted_list(base),
                         ". It belongs to another config, or is incomplete."));
    }
  }

  std::span<const ExpectedParameter> expected_;
  const LoadRules& rules_;
  std::string prefix_;
  std::map<std::string_view, std::size_t, std::less<>> index_;
  std::vector<const std::string*> tensor_of_;  // by parameter
};

}  // namespace

LoadPlan plan_load(std::span<const TensorInfo> stored, std::span<const ExpectedParameter> expected,
                   const LoadRules& rules) {
  return Matcher(expected, rules).match(stored);
}

}  // namespace verdict

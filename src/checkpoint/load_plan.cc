#include "verdict/checkpoint/load_plan.h"

#include <algorithm>
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
    plan.targets.resize(stored.size());
    // A tied name yields to the parameter's own, wherever they stand in the file.
    for (const bool tied : {false, true}) {
      for (std::size_t i = 0; i < stored.size(); ++i) {
        if (plan.targets[i].empty()) assign(stored[i], tied, plan.targets[i], plan.report);
      }
    }
    report_missing(plan.report);
    return plan;
  }

 private:
  /// The parameter of a canonical key, with the base model's prefix or without.
  std::optional<std::size_t> find(const std::string& key) const {
    for (const std::string& candidate : {key, concat(prefix_, key)}) {
      if (const auto found = index_.find(candidate); found != index_.end()) return found->second;
    }
    if (starts_with(key, prefix_)) {
      if (const auto found = index_.find(key.substr(prefix_.size())); found != index_.end())
        return found->second;
    }
    return std::nullopt;
  }

  /// The parameters that a tensor fills by its name; empty where it fills none.
  std::vector<std::size_t> parameters_of(const TensorInfo& tensor, bool tied) const {
    std::vector<std::size_t> out;
    for (std::string key : canonical_keys(rules_.model_type, tensor.name)) {
      if (tied) {
        key = starts_with(key, prefix_) ? key : concat(prefix_, key);
        key = tied_key(rules_.model_type, key);
      }
      const auto parameter = find(key);
      if (!parameter) return {};
      out.push_back(*parameter);
    }
    return out;
  }

  void assign(const TensorInfo& tensor, bool tied, std::vector<LoadTarget>& targets,
              LoadReport& report) {
    const std::vector<std::size_t> parameters = parameters_of(tensor, tied);
    if (parameters.empty()) {
      const bool is_expected =
          is_ignored_key(rules_.model_type, tensor.name) || !parameters_of(tensor, !tied).empty();
      if (tied && !is_expected) report.unexpected_keys.push_back(tensor.name);
      return;
    }
    if (tied && tensor_of_[parameters.front()] != nullptr) return;
    for (const std::size_t parameter : parameters) {
      if (tensor_of_[parameter] != nullptr) {
        throw Error(
            ErrorCode::kCorruptFile,
            concat("The checkpoint holds the parameter ", expected_[parameter].name,
                   " twice: as \"", *tensor_of_[parameter], "\" and as \"", tensor.name, "\"."));
      }
      tensor_of_[parameter] = &tensor.name;
    }
    if (!is_floating_point(tensor.dtype)) {
      const std::string_view dtype =
          tensor.foreign_dtype.empty() ? dtype_name(tensor.dtype) : tensor.foreign_dtype;
      throw Error(ErrorCode::kUnsupported,
                  concat("The weight \"", tensor.name, "\" is stored as ", dtype,
                         "; F16, BF16, F32 or F64 was expected. Save the model without "
                         "quantisation; dtype \"q8\" quantises at load time."));
    }
    if (fits(tensor, parameters)) {
      std::int64_t row = 0;
      for (const std::size_t parameter : parameters) {
        targets.push_back({parameter, row});
        row += rows_of(expected_[parameter].shape);
      }
      return;
    }
    for (const std::size_t parameter : parameters) {
      report.mismatched_keys.push_back(
          {expected_[parameter].name, tensor.shape, expected_[parameter].shape});
    }
    if (rules_.ignore_mismatched_sizes) return;
    std::string expected;
    for (const std::size_t parameter : parameters)
      expected += concat(expected.empty() ? "" : " and ", shape_string(expected_[parameter].shape));
    throw Error(
        ErrorCode::kInvalidArgument,
        concat("The weight \"", tensor.name, "\" has the shape ", shape_string(tensor.shape),
               ", but the config asks for ", expected,
               ". Correct the config, or pass ignore_mismatched_sizes to initialise it afresh."));
  }

  static std::int64_t rows_of(std::span<const std::int64_t> shape) {
    return shape.empty() ? 1 : shape.front();
  }

  /// Whether the parameters, one below the other, have the tensor's shape.
  bool fits(const TensorInfo& tensor, std::span<const std::size_t> parameters) const {
    if (parameters.size() == 1) return tensor.shape == expected_[parameters.front()].shape;
    std::int64_t rows = 0;
    for (const std::size_t parameter : parameters) {
      const auto& shape = expected_[parameter].shape;
      rows += rows_of(shape);
      if (shape.size() != tensor.shape.size() ||
          !std::equal(shape.begin() + 1, shape.end(), tensor.shape.begin() + 1)) {
        return false;
      }
    }
    return rows == rows_of(tensor.shape);
  }

  void report_missing(LoadReport& report) const {
    std::vector<std::string> base;
    for (std::size_t i = 0; i < expected_.size(); ++i) {
      if (tensor_of_[i] != nullptr || expected_[i].is_computed) continue;
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

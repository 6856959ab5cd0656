#include <set>
#include <utility>

#include "verdict/base/strings.h"
#include "verdict/checkpoint/renames.h"
#include "verdict/models/registry.h"
#include "verdict_convert/names/name_mapper.h"
#include "verdict_convert/names/names.h"

namespace verdict::convert {

namespace {

/// A model that Verdict does not run: names in current spelling, shapes as stored.
NameMap map_unknown_model(std::span<const TensorInfo> stored, const std::string& type) {
  NameMap map;
  std::set<std::string> names;
  for (std::size_t i = 0; i < stored.size(); ++i) {
    std::string name = canonical_keys(type, stored[i].name).front();
    if (is_ignored_key(type, stored[i].name) || !names.insert(name).second) {
      map.skipped.push_back({i, SkipReason::kUnused});
    } else {
      map.mapped.push_back({std::move(name), i, 0, {}, {}, stored[i].shape});
    }
  }
  return map;
}

/// The parameter of a tensor whose shape is not the parameter's; empty: none.
std::string mismatched_parameter(const TensorInfo& tensor, const LoadReport& report,
                                 const std::string& type, const std::string& prefix) {
  const std::string key = canonical_keys(type, tensor.name).front();
  for (const MismatchedKey& mismatched : report.mismatched_keys) {
    if (mismatched.checkpoint_shape != tensor.shape) continue;
    if (mismatched.name == key || mismatched.name == prefix + key ||
        prefix + mismatched.name == key)
      return mismatched.name;
  }
  return {};
}

}  // namespace

NameMap map_pytorch(std::span<const TensorInfo> stored, const Naming& naming) {
  const std::string type = naming.config.model_type();
  if (naming.expected.empty()) return map_unknown_model(stored, type);
  const std::string_view base = model_type(type).family->base_model_prefix;
  const LoadPlan plan = plan_load(stored, naming.expected, {type, base, true});
  NameMap map;
  for (std::size_t i = 0; i < stored.size(); ++i) {
    for (const LoadTarget& target : plan.targets[i]) {
      const ExpectedParameter& parameter = naming.expected[target.parameter];
      MappedTensor tensor{parameter.name, i, target.first_row, {}, {}, parameter.shape};
      if (!parameter.shape.empty()) tensor.count = parameter.shape.front();
      map.mapped.push_back(std::move(tensor));
    }
    if (!plan.targets[i].empty()) continue;
    std::string name = mismatched_parameter(stored[i], plan.report, type, concat(base, "."));
    if (!name.empty()) {
      map.mapped.push_back({std::move(name), i, 0, {}, {}, stored[i].shape});
      continue;
    }
    map.skipped.push_back(
        {i, is_other_head(stored[i].name) ? SkipReason::kPreTrainingHead : SkipReason::kUnused});
  }
  return map;
}

}  // namespace verdict::convert

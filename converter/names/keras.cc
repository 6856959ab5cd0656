#include <utility>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"
#include "verdict_convert/names/name_mapper.h"

namespace verdict::convert {

namespace {

/// The levels of a weight's name, as the reference's class names its modules.
std::vector<std::string> levels_of(std::string_view name, bool class_level) {
  if (ends_with(name, ":0")) name.remove_suffix(2);
  const std::size_t slash = name.find('/');
  if (class_level && slash != std::string_view::npos) name.remove_prefix(slash + 1);
  std::vector<std::string> levels;
  while (!name.empty()) {
    const std::size_t end = std::min(name.find('/'), name.size());
    std::string_view level = name.substr(0, end);
    name.remove_prefix(std::min(end + 1, name.size()));
    // "nsp___cls": a layer of TensorFlow's own in the place of the reference's.
    if (const std::size_t at = level.rfind("___"); at != std::string_view::npos && !name.empty())
      level.remove_prefix(at + 3);
    // "layer_._0" is two levels.
    for (std::size_t at = level.find("_._"); at != std::string_view::npos; at = level.find("_._")) {
      if (at > 0) levels.emplace_back(level.substr(0, at));
      level.remove_prefix(at + 3);
    }
    if (!level.empty()) levels.emplace_back(level);
  }
  return levels;
}

struct Rule {
  std::string_view last;
  std::string_view name;
  std::vector<std::size_t> (*axes)(std::size_t rank);  ///< null: as stored
};

constexpr Rule kRules[] = {
    {"kernel", "weight", kernel_axes},
    {"embeddings", "weight", nullptr},
    {"gamma", "weight", nullptr},
    {"beta", "bias", nullptr},
    {"pointwise_kernel", "pointwise.weight", reversed_axes},
    {"depthwise_kernel", "depthwise.weight", reversed_axes},
};

}  // namespace

NameMap map_keras(std::span<const std::string> names, std::span<const TensorInfo> stored,
                  bool class_level, const Naming& naming) {
  NameMapper mapper(stored, naming);
  for (std::size_t i = 0; i < stored.size(); ++i) {
    std::vector<std::string> levels = levels_of(names[i], class_level);
    std::vector<std::size_t> permutation;
    for (const Rule& rule : kRules) {
      if (levels.empty() || levels.back() != rule.last) continue;
      levels.back() = rule.name;
      if (rule.axes != nullptr) permutation = rule.axes(stored[i].shape.size());
      break;
    }
    std::string name;
    for (const std::string& level : levels) name += concat(name.empty() ? "" : ".", level);
    mapper.map(i, name, std::move(permutation));
  }
  return mapper.finish();
}

}  // namespace verdict::convert

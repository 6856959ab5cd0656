#include "verdict_convert/names/rules.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "verdict/base/checked.h"
#include "verdict/base/error.h"
#include "verdict/base/strings.h"

namespace verdict::convert {

namespace {

using Shape = std::vector<std::int64_t>;

constexpr std::size_t kMostDigits = 6;

/// The part before the first slash, which is taken off with it.
std::string_view take_part(std::string_view& name) {
  const std::size_t slash = name.find('/');
  const std::string_view part = name.substr(0, slash);
  name.remove_prefix(slash == std::string_view::npos ? name.size() : slash + 1);
  return part;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Matches a part without slashes; what wildcards stood for is appended to `captures`.
bool match_part(std::string_view pattern, std::string_view part,
                std::vector<std::string_view>& captures) {
  for (; !pattern.empty(); pattern.remove_prefix(1)) {
    if (pattern.front() == '#') {
      std::size_t digits = 0;
      while (digits < part.size() && is_digit(part[digits])) ++digits;
      if (digits == 0 || digits > kMostDigits) return false;
      std::string_view number = part.substr(0, digits);
      while (number.size() > 1 && number.front() == '0') number.remove_prefix(1);
      captures.push_back(number);
      part.remove_prefix(digits);
    } else if (pattern.front() == '*') {
      // One a part: what follows it is at the part's end.
      const std::string_view tail = pattern.substr(1);
      if (part.size() <= tail.size() || !ends_with(part, tail)) return false;
      captures.push_back(part.substr(0, part.size() - tail.size()));
      return true;
    } else {
      if (part.empty() || part.front() != pattern.front()) return false;
      part.remove_prefix(1);
    }
  }
  return part.empty();
}

/// What a pattern found: the wildcards' texts, and the role in a module for `@`.
struct Match {
  std::vector<std::string_view> captures;
  std::string_view role;
};

std::optional<Match> match(std::string_view pattern, std::string_view scope,
                           std::string_view name) {
  Match found;
  while (!pattern.empty()) {
    const std::string_view expected = take_part(pattern);
    if (expected == "**") {
      if (name.empty()) return std::nullopt;
      if (pattern.empty()) return found;
      // At the front of a pattern with one more part: the name's last.
      const std::size_t slash = name.rfind('/');
      if (slash == std::string_view::npos) return std::nullopt;
      name.remove_prefix(slash + 1);
      continue;
    }
    if (expected == "$") {
      if (!starts_with(name, scope) || name.substr(scope.size(), 1) != "/") return std::nullopt;
      name.remove_prefix(scope.size() + 1);
      continue;
    }
    if (name.empty()) return std::nullopt;
    const std::string_view part = take_part(name);
    if (expected == "@") {
      if (part != "kernel" && part != "bias" && part != "gamma" && part != "beta")
        return std::nullopt;
      found.role = part;
    } else if (!match_part(expected, part, found.captures)) {
      return std::nullopt;
    }
  }
  if (!name.empty()) return std::nullopt;
  return found;
}

class Mapper {
 public:
  Mapper(const TypeNames& type, std::span<const SkipRule> skips, std::span<const TensorInfo> stored,
         const Naming& naming)
      : type_(type), skips_(skips), stored_(stored), naming_(naming) {}

  void take(std::size_t index, std::string_view name) {
    for (const auto& skips : {type_.skips, skips_}) {
      for (const SkipRule& skip : skips) {
        if (match(skip.stored, type_.scope, name)) {
          map_.skipped.push_back({index, skip.reason});
          return;
        }
      }
    }
    if (!take(index, name, type_.rules) && !take(index, name, type_.more_rules))
      map_.skipped.push_back({index, SkipReason::kUnknown});
  }

  NameMap finish() { return std::move(map_); }

 private:
  bool take(std::size_t index, std::string_view name, std::span<const NameRule> rules) {
    for (std::size_t i = 0; i < rules.size(); ++i) {
      const auto found = match(rules[i].stored, type_.scope, name);
      if (!found) continue;
      const std::string_view pattern = rules[i].stored;
      bool mapped = true;
      for (; i < rules.size() && rules[i].stored == pattern; ++i)
        mapped = add(index, *found, rules[i]) && mapped;
      return mapped;
    }
    return false;
  }

  [[noreturn]] void wrong_axes(const TensorInfo& tensor, std::string_view parameter) const {
    throw Error(
        ErrorCode::kCorruptFile,
        concat("The variable \"", tensor.name, "\" has the shape ", shape_string(tensor.shape),
               ", which the parameter \"", parameter, "\" of ", type_.model_type, " cannot have."));
  }

  /// Whether the names' numbers are in the config's range.
  bool add(std::size_t index, const Match& found, const NameRule& rule) {
    const TensorInfo& tensor = stored_[index];
    std::optional<std::string> parameter = parameter_name(found, rule.parameter);
    if (!parameter) return false;
    const bool is_kernel = found.role == "kernel";
    if (is_kernel || found.role == "gamma") *parameter += ".weight";
    if (found.role == "bias" || found.role == "beta") *parameter += ".bias";
    MappedTensor mapped;
    mapped.name = *parameter;
    mapped.stored = index;
    mapped.shape = tensor.shape;
    Layout layout = rule.layout;
    if (is_kernel && layout == Layout::kDefault) layout = Layout::kTransposed;
    if (!found.role.empty() && !is_kernel) {
      // Biases of heads, [heads, size], are rows of one.
      mapped.shape = {elements(tensor.shape)};
      layout = Layout::kAsStored;
    }
    arrange(layout, tensor, mapped);
    return true;
  }

  static std::int64_t elements(std::span<const std::int64_t> shape) {
    return element_count(shape).value_or(0);
  }

  /// Adds the tensor, or its parts, in their layout.
  void arrange(Layout layout, const TensorInfo& tensor, MappedTensor& mapped) {
    const Shape& shape = tensor.shape;
    const std::size_t rank = shape.size();
    const auto require = [&](bool fits) {
      if (!fits) wrong_axes(tensor, mapped.name);
    };
    const auto permute = [&](std::vector<std::size_t> permutation) {
      mapped.permutation = std::move(permutation);
      for (std::size_t axis = 0; axis < rank; ++axis)
        mapped.shape[axis] = shape[mapped.permutation[axis]];
    };
    switch (layout) {
      case Layout::kDefault:
      case Layout::kAsStored:
        break;
      case Layout::kTransposed:
        require(rank == 2 || rank == 3);
        permute(rank == 2 ? std::vector<std::size_t>{1, 0} : std::vector<std::size_t>{1, 2, 0});
        mapped.shape = {elements(std::span(shape).subspan(1)), shape[0]};
        break;
      case Layout::kTransposedMerged:
        require(rank == 2 || rank == 3);
        permute(rank == 2 ? std::vector<std::size_t>{1, 0} : std::vector<std::size_t>{2, 0, 1});
        mapped.shape = {shape.back(), elements(std::span(shape).first(rank - 1))};
        break;
      case Layout::kReversed:
        require(rank == 3);
        permute({2, 1, 0});
        break;
      case Layout::kDepthwise:
        require(rank == 3 && shape[2] == 1);
        permute({1, 2, 0});
        break;
      case Layout::kColumn:
        require(rank == 1);
        mapped.shape.push_back(1);
        break;
      case Layout::kSqueezed:
        require(rank == 3 && shape[0] == 1);
        mapped.shape.erase(mapped.shape.begin());
        break;
      case Layout::kVocabulary: {
        require(rank == 2);
        const auto rows = naming_.config.get_or<std::int64_t>("vocab_size", shape[0]);
        mapped.count = mapped.shape[0] = std::min(rows, shape[0]);
        break;
      }
      case Layout::kByLayer:
      case Layout::kByLayerOrShared: {
        const auto layers = naming_.config.get<std::int64_t>("num_hidden_layers");
        const bool is_shared = layout == Layout::kByLayerOrShared && rank == 2;
        require(is_shared || (rank > 2 && shape[0] == layers));
        if (!is_shared) mapped.shape.erase(mapped.shape.begin());
        const std::string name = mapped.name;
        for (std::int64_t layer = 0; layer < layers; ++layer) {
          mapped.name = name;
          replace_all(mapped.name, "%", std::to_string(layer));
          if (!is_shared) {
            mapped.first = layer;
            mapped.count = 1;
          }
          add(mapped);
        }
        return;
      }
    }
    add(mapped);
  }

  void add(const MappedTensor& mapped) {
    const auto [first, is_new] = owner_.emplace(mapped.name, mapped.stored);
    if (!is_new) {
      throw Error(
          ErrorCode::kCorruptFile,
          concat("The checkpoint holds the parameter ", mapped.name, " twice: as \"",
                 stored_[first->second].name, "\" and as \"", stored_[mapped.stored].name, "\"."));
    }
    map_.mapped.push_back(mapped);
  }

  std::optional<std::string> parameter_name(const Match& found, std::string_view form) const {
    std::string name;
    std::size_t next = 0;
    for (const char c : form) {
      if (c == '$') {
        name += type_.prefix;
      } else if (c == '#' || c == '*') {
        name += found.captures.at(next++);
      } else if (c == '~') {
        const auto place = block_of(found.captures.at(next++));
        if (!place) return std::nullopt;
        name += *place;
      } else {
        name += c;
      }
    }
    return name;
  }

  /// Funnel: "block.layer" of a layer that is counted through all blocks.
  std::optional<std::string> block_of(std::string_view number) const {
    std::int64_t layer = std::stoll(std::string(number));
    std::int64_t block = 0;
    for (const auto& size : naming_.config.get<nlohmann::json>("block_sizes")) {
      if (!size.is_number_unsigned()) break;
      if (layer < size.get<std::int64_t>()) return concat(block, ".", layer);
      layer -= size.get<std::int64_t>();
      ++block;
    }
    return std::nullopt;
  }

  const TypeNames& type_;
  std::span<const SkipRule> skips_;
  std::span<const TensorInfo> stored_;
  const Naming& naming_;
  NameMap map_;
  std::map<std::string, std::size_t, std::less<>> owner_;  // by parameter
};

}  // namespace

NameMap apply_rules(const TypeNames& type, std::span<const SkipRule> skips,
                    std::span<const std::string> names, std::span<const TensorInfo> stored,
                    const Naming& naming) {
  Mapper mapper(type, skips, stored, naming);
  for (std::size_t i = 0; i < names.size(); ++i) mapper.take(i, names[i]);
  return mapper.finish();
}

}  // namespace verdict::convert

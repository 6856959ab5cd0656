#include "verdict/checkpoint/renames.h"

#include <array>
#include <utility>

#include "verdict/base/strings.h"

namespace verdict {

namespace {

/// TensorFlow's names of a norm's parameters, which early conversions kept.
constexpr std::array<std::pair<std::string_view, std::string_view>, 2> kEndings{
    {{"LayerNorm.gamma", "LayerNorm.weight"}, {"LayerNorm.beta", "LayerNorm.bias"}}};

constexpr std::array<std::string_view, 3> kIgnoredEndings{".position_ids", ".token_type_ids",
                                                          ".inv_freq"};

}  // namespace

std::string canonical_key(std::string_view stored) {
  for (const auto& [old_ending, new_ending] : kEndings) {
    if (ends_with(stored, old_ending))
      return concat(stored.substr(0, stored.size() - old_ending.size()), new_ending);
  }
  return std::string(stored);
}

bool is_ignored_key(std::string_view stored) {
  for (const std::string_view ending : kIgnoredEndings) {
    if (ends_with(stored, ending)) return true;
  }
  return false;
}

}  // namespace verdict

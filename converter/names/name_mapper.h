#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "verdict_convert/names/names.h"

namespace verdict::convert {

/// Collects the map of a checkpoint whose names a rule turns into the reference's: matches them
/// with the parameters that the model has, so that the map holds none that it lacks.
class NameMapper {
 public:
  NameMapper(std::span<const TensorInfo> stored, const Naming& naming);

  /// The stored tensor, its axes permuted, is the parameter `name`, which may lack the base model's
  /// prefix. It is skipped where the model has none of that name, or another tensor filled it.
  void map(std::size_t stored, const std::string& name, std::vector<std::size_t> permutation);

  NameMap finish();

 private:
  struct Tied {
    std::size_t stored;
    const ExpectedParameter* parameter;
    std::vector<std::size_t> permutation;
  };

  const ExpectedParameter* find(const std::string& key) const;
  void add(std::size_t stored, const std::string& name, std::vector<std::size_t> permutation,
           std::vector<std::int64_t> shape);
  std::vector<std::int64_t> permuted(std::size_t stored,
                                     std::span<const std::size_t> permutation) const;
  void map_unknown_model(std::size_t stored, const std::string& name,
                         std::vector<std::size_t> permutation);

  std::span<const TensorInfo> stored_;
  std::string model_type_;
  std::string prefix_;
  std::map<std::string_view, const ExpectedParameter*> expected_;
  std::map<std::string, std::size_t, std::less<>> filled_;  // the stored tensor by name
  std::vector<Tied> tied_;
  NameMap map_;
};

/// Whether a parameter's first level is a head of pre-training or of another task.
bool is_other_head(std::string_view name);

/// The permutation that reverses the axes.
std::vector<std::size_t> reversed_axes(std::size_t rank);

/// The permutation from a TensorFlow or Flax kernel's axes to those of the reference's weight:
/// [in, out] and [width, in, out] reversed, [height, width, in, out] to [out, in, height, width].
std::vector<std::size_t> kernel_axes(std::size_t rank);

}  // namespace verdict::convert

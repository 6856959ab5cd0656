#include <utility>

#include "verdict/base/strings.h"
#include "verdict_convert/names/name_mapper.h"

namespace verdict::convert {

NameMap map_flax(std::span<const TensorInfo> stored, const Naming& naming) {
  NameMapper mapper(stored, naming);
  for (std::size_t i = 0; i < stored.size(); ++i) {
    std::string name = stored[i].name;
    std::vector<std::size_t> permutation;
    const std::size_t last = name.rfind('.') + 1;  // npos + 1 is 0
    const std::string_view level = std::string_view(name).substr(last);
    if (level == "kernel") permutation = kernel_axes(stored[i].shape.size());
    if (level == "kernel" || level == "scale" || level == "embedding")
      name.replace(last, name.npos, "weight");
    mapper.map(i, name, std::move(permutation));
  }
  return mapper.finish();
}

}  // namespace verdict::convert

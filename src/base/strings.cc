#include "verdict/base/strings.h"

#include <cstdio>

namespace verdict {

namespace internal {

std::string double_to_string(double value) {
  char buffer[32];
  const int n = std::snprintf(buffer, sizeof buffer, "%.9g", value);
  return std::string(buffer, static_cast<std::size_t>(n));
}

}  // namespace internal

std::string shape_string(std::span<const std::int64_t> shape) {
  std::string out = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) out += concat(i == 0 ? "" : ", ", shape[i]);
  return out + "]";
}

}  // namespace verdict

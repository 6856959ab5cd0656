#include "verdict/bindings/host_file.h"

#include <algorithm>

namespace verdict::bindings {

void HostFile::read(std::uint64_t offset, std::span<std::byte> out) const {
  check_range(*this, offset, out.size());
  for (const Part& part : *parts_) {
    if (offset < part.begin || offset + out.size() > part.begin + part.bytes.size()) continue;
    const auto first = part.bytes.begin() + static_cast<std::ptrdiff_t>(offset - part.begin);
    std::copy_n(first, out.size(), out.begin());
    return;
  }
  // Headers come with what follows them.
  constexpr std::size_t kLeast = 1 << 16;
  Missing missing;
  missing.range = {offset, std::min(size_, offset + std::max(out.size(), kLeast))};
  throw missing;
}

}  // namespace verdict::bindings

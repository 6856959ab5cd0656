#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace verdict::graph {

/// A buffer that is needed from step `first` to step `last`, both included.
struct Lifetime {
  std::int64_t bytes = 0;
  std::size_t first = 0;
  std::size_t last = 0;
};

struct MemoryPlan {
  std::vector<std::int64_t> offsets;  ///< by buffer
  std::int64_t total = 0;             ///< bytes of the arena
};

/// Places buffers into one arena so that buffers which live at the same time do not overlap (first
/// fit, largest first). Offsets are multiples of `alignment`.
MemoryPlan plan_memory(std::span<const Lifetime> buffers, std::int64_t alignment);

}  // namespace verdict::graph

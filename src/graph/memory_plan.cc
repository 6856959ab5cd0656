#include "verdict/graph/memory_plan.h"

#include <algorithm>
#include <numeric>

namespace verdict::graph {

MemoryPlan plan_memory(std::span<const Lifetime> buffers, std::int64_t alignment) {
  MemoryPlan plan;
  plan.offsets.resize(buffers.size());
  std::vector<std::size_t> order(buffers.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return buffers[a].bytes > buffers[b].bytes;
  });

  std::vector<std::size_t> placed;  // by offset
  for (const std::size_t current : order) {
    const Lifetime& buffer = buffers[current];
    std::int64_t offset = 0;
    for (const std::size_t other : placed) {
      const bool together =
          buffer.first <= buffers[other].last && buffers[other].first <= buffer.last;
      if (!together) continue;
      if (offset + buffer.bytes <= plan.offsets[other]) break;
      const std::int64_t end = plan.offsets[other] + buffers[other].bytes;
      offset = std::max(offset, (end + alignment - 1) / alignment * alignment);
    }
    plan.offsets[current] = offset;
    plan.total = std::max(plan.total, offset + buffer.bytes);
    const auto place = std::upper_bound(
        placed.begin(), placed.end(), current,
        [&](std::size_t a, std::size_t b) { return plan.offsets[a] < plan.offsets[b]; });
    placed.insert(place, current);
  }
  return plan;
}

}  // namespace verdict::graph

#include "verdict/graph/batch.h"

#include <algorithm>

namespace verdict::graph {

Batch Batch::part(std::int64_t first, std::int64_t last) const {
  const auto begin = offsets[static_cast<std::size_t>(first)];
  const auto end = offsets[static_cast<std::size_t>(last)];
  const auto tokens_of = [&](const std::vector<std::int32_t>& values) {
    return std::vector<std::int32_t>(values.begin() + begin, values.begin() + end);
  };
  Batch out;
  out.offsets.clear();
  for (std::int64_t row = first; row <= last; ++row)
    out.offsets.push_back(offsets[static_cast<std::size_t>(row)] - begin);
  out.columns = tokens_of(columns);
  out.width = width;
  out.has_mask = has_mask;
  for (const auto& [name, values] : tokens) out.tokens.emplace(name, tokens_of(values));
  out.first_row = first_row + first;
  return out;
}

std::vector<std::int64_t> even_cuts(const Batch& batch, std::int64_t tokens) {
  const std::int64_t total = batch.token_count();
  const std::int64_t parts = (total + tokens / 2) / tokens;
  std::vector<std::int64_t> cuts{0};
  for (std::int64_t part = 1; part < parts; ++part) {
    const std::int64_t wanted = part * total / parts;
    auto cut = std::ranges::lower_bound(batch.offsets, wanted);
    if (*cut - wanted > wanted - *std::prev(cut)) --cut;
    const std::int64_t row = cut - batch.offsets.begin();
    if (row > cuts.back() && row < batch.rows()) cuts.push_back(row);
  }
  cuts.push_back(batch.rows());
  return cuts;
}

}  // namespace verdict::graph

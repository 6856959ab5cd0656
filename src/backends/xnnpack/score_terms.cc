#include "verdict/backends/xnnpack/score_terms.h"

#include <algorithm>
#include <utility>

namespace verdict::xnnpack {

using graph::ScoreTerm;

namespace {

/// Queries whose terms are computed together. A tile of keys meets the rows of all of them, so more
/// queries would waste less and need more memory.
constexpr std::size_t kBlock = 64;

}  // namespace

DifferenceRows tabulate(const ScoreTerm& term, std::span<const std::int32_t> query_ids,
                        std::span<const std::int32_t> key_ids, std::size_t table_rows,
                        bool from_middle) {
  const auto [low_query, high_query] = std::ranges::minmax(query_ids);
  const auto [low_key, high_key] = std::ranges::minmax(key_ids);
  const auto last_row = static_cast<std::int32_t>(table_rows) - 1;
  const std::int32_t origin = from_middle ? last_row / 2 : 0;
  DifferenceRows out;
  out.least = low_query - high_key;
  for (std::int32_t difference = out.least; difference <= high_query - low_key; ++difference)
    out.rows.push_back(std::clamp(origin + term.index(difference), 0, last_row));
  return out;
}

std::uint64_t ScoreTerms::scratch_floats(const KernelTable& kernels, std::uint64_t keys,
                                         std::uint64_t head_size, std::uint64_t table_rows) {
  return kBlock * keys +
         kernels.tile_columns * (head_size + table_rows + KernelTable::kSurplusRows);
}

ScoreTerms::ScoreTerms(const KernelTable& kernels, std::vector<BoundTerm> terms,
                       std::size_t first_head, std::size_t head_size, float* scratch)
    : kernels_(kernels),
      terms_(std::move(terms)),
      first_head_(first_head),
      head_size_(head_size),
      keys_(terms_.empty() ? 0 : terms_.front().key_ids.size()),
      sums_(scratch),
      vectors_(sums_ + kBlock * keys_),
      products_(vectors_ + kernels.tile_columns * head_size) {}

void ScoreTerms::add(void* terms, std::size_t head_in_group, std::size_t query,
                     std::size_t first_key, std::size_t last_key, float* scores) {
  auto& self = *static_cast<ScoreTerms*>(terms);
  const std::size_t head = self.first_head_ + head_in_group;
  if (head != self.head_ || query < self.block_.first || query >= self.block_.last) {
    self.block_ = {query, std::min(query + kBlock, self.terms_.front().query_ids.size())};
    self.compute(head);
  }
  const float* sums = self.sums_ + (query - self.block_.first) * self.keys_;
  self.kernels_.add(last_key - first_key, scores + first_key, sums + first_key, scores + first_key);
}

void ScoreTerms::compute(std::size_t head) {
  head_ = head;
  std::fill_n(sums_, (block_.last - block_.first) * keys_, 0.0f);
  const std::size_t tile = kernels_.tile_columns;
  for (const BoundTerm& term : terms_) {
    const float* table = term.table + head * term.head_stride;
    const std::size_t column = head * head_size_;
    switch (term.kind) {
      case ScoreTerm::Kind::kBias:
        add_bias(term, table);
        break;
      case ScoreTerm::Kind::kQuery:
        for (std::size_t first = block_.first; first < block_.last; first += tile) {
          add_products(term, term.vectors + first * term.vector_stride + column, table,
                       {first, std::min(first + tile, block_.last)}, {0, keys_});
        }
        break;
      case ScoreTerm::Kind::kKey:
        for (std::size_t first = 0; first < keys_; first += tile) {
          add_products(term, term.vectors + first * term.vector_stride + column, table, block_,
                       {first, std::min(first + tile, keys_)});
        }
        break;
    }
  }
}

ScoreTerms::DifferenceRange ScoreTerms::differences_of(const BoundTerm& term, Range queries,
                                                       Range keys) {
  const auto range_of = [](std::span<const std::int32_t> ids, Range range) {
    return std::ranges::minmax(ids.subspan(range.first, range.last - range.first));
  };
  const auto query = range_of(term.query_ids, queries);
  const auto key = range_of(term.key_ids, keys);
  const std::int32_t least = query.min - key.max;
  return {least, std::span(term.rows->rows)
                     .subspan(static_cast<std::size_t>(least - term.rows->least),
                              static_cast<std::size_t>(query.max - key.min - least) + 1)};
}

void ScoreTerms::add_bias(const BoundTerm& term, const float* table) {
  const DifferenceRange differences = differences_of(term, block_, {0, keys_});
  biases_.resize(differences.rows.size());
  std::ranges::transform(differences.rows, biases_.begin(), [&](std::int32_t row) {
    return term.scale * table[static_cast<std::size_t>(row) * term.table_stride];
  });
  float* sums = sums_;
  for (std::size_t query = block_.first; query < block_.last; ++query, sums += keys_) {
    const std::int32_t id = term.query_ids[query] - differences.least;
    for (std::size_t key = 0; key < keys_; ++key)
      sums[key] += biases_[static_cast<std::size_t>(id - term.key_ids[key])];
  }
}

/// `vectors` are the term's of `queries`, at most a tile, or else of `keys`.
void ScoreTerms::add_products(const BoundTerm& term, const float* vectors, const float* table,
                              Range queries, Range keys) {
  const std::size_t tile = kernels_.tile_columns;
  const bool by_query = term.kind == ScoreTerm::Kind::kQuery;
  const Range of_tile = by_query ? queries : keys;
  const std::size_t count = of_tile.last - of_tile.first;
  for (std::size_t d = 0; d < head_size_; ++d) {
    float* row = vectors_ + d * tile;
    for (std::size_t i = 0; i < count; ++i)
      row[i] = term.scale * vectors[i * term.vector_stride + d];
    std::fill(row + count, row + tile, 0.0f);
  }

  const DifferenceRange differences = differences_of(term, queries, keys);
  const auto met = std::ranges::minmax(differences.rows);
  const auto row_count = static_cast<std::size_t>(met.max - met.min) + 1;
  kernels_.multiply_tile(row_count, head_size_,
                         table + static_cast<std::size_t>(met.min) * term.table_stride,
                         term.table_stride, vectors_, products_);
  multiplications_ += static_cast<std::int64_t>(row_count * count * head_size_);

  offsets_.resize(differences.rows.size());
  std::ranges::transform(differences.rows, offsets_.begin(), [&](std::int32_t row) {
    return static_cast<std::size_t>(row - met.min) * tile;
  });
  const std::size_t column_step = by_query ? 0 : 1;
  for (std::size_t query = queries.first; query < queries.last; ++query) {
    const float* products = products_ + (by_query ? query - queries.first : 0);
    const std::int32_t id = term.query_ids[query] - differences.least;
    float* sums = sums_ + (query - block_.first) * keys_;
    for (std::size_t key = keys.first; key < keys.last; ++key, products += column_step)
      sums[key] += products[offsets_[static_cast<std::size_t>(id - term.key_ids[key])]];
  }
}

}  // namespace verdict::xnnpack

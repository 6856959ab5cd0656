#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "verdict/backends/xnnpack/kernels/kernel_table.h"
#include "verdict/graph/op.h"

namespace verdict::xnnpack {

/// The table rows of all differences that a batch can show.
struct DifferenceRows {
  std::int32_t least = 0;
  std::vector<std::int32_t> rows;  ///< by difference - least
};

/// Differences between sequences never meet, so their rows may be any.
DifferenceRows tabulate(const graph::ScoreTerm& term, std::span<const std::int32_t> query_ids,
                        std::span<const std::int32_t> key_ids, std::size_t table_rows,
                        bool from_middle);

/// One score term of one sequence.
struct BoundTerm {
  graph::ScoreTerm::Kind kind;
  const float* table;
  std::size_t table_stride;  ///< floats from row to row
  std::size_t head_stride;   ///< floats from head to head in a row; 0: shared
  const float* vectors;      ///< the sequence's first query' or key; null for a bias
  std::size_t vector_stride;
  std::span<const std::int32_t> query_ids;  ///< of the sequence
  std::span<const std::int32_t> key_ids;
  const DifferenceRows* rows;
  float scale;
};

/// The score terms of the heads that share a key head, in one sequence. Neighbouring queries and
/// keys meet in neighbouring rows of a table, so the products of a tile of vectors with the rows
/// that they meet are one dense product; then each pair of query and key picks its own. What a
/// block of queries adds is kept until the next block.
class ScoreTerms {
 public:
  /// Floats of scratch for sequences of so many keys and tables of so many rows.
  static std::uint64_t scratch_floats(const KernelTable& kernels, std::uint64_t keys,
                                      std::uint64_t head_size, std::uint64_t table_rows);

  ScoreTerms(const KernelTable& kernels, std::vector<BoundTerm> terms, std::size_t first_head,
             std::size_t head_size, float* scratch);

  /// `AttentionGroup::add_terms`, with a ScoreTerms.
  static void add(void* terms, std::size_t head_in_group, std::size_t query, std::size_t first_key,
                  std::size_t last_key, float* scores);

  /// Multiply-adds so far.
  std::int64_t multiplications() const { return multiplications_; }

 private:
  struct Range {
    std::size_t first;
    std::size_t last;
  };

  /// What queries and keys can differ by, and the table's rows for it.
  struct DifferenceRange {
    std::int32_t least;
    std::span<const std::int32_t> rows;
  };

  static DifferenceRange differences_of(const BoundTerm& term, Range queries, Range keys);
  void compute(std::size_t head);
  void add_bias(const BoundTerm& term, const float* table);
  void add_products(const BoundTerm& term, const float* vectors, const float* table, Range queries,
                    Range keys);

  const KernelTable& kernels_;
  std::vector<BoundTerm> terms_;
  std::size_t first_head_;
  std::size_t head_size_;
  std::size_t keys_;
  float* sums_;                       ///< [queries of the block, keys]
  float* vectors_;                    ///< [head_size, tile]
  float* products_;                   ///< [table rows, tile]
  std::vector<float> biases_;         // by difference
  std::vector<std::size_t> offsets_;  // in `products_`, by difference
  std::size_t head_ = std::numeric_limits<std::size_t>::max();
  Range block_{0, 0};
  std::int64_t multiplications_ = 0;
};

}  // namespace verdict::xnnpack

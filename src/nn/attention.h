#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "verdict/nn/layers.h"

namespace verdict::nn {

struct AttentionResult {
  Value context;        ///< [queries, heads · value_size]
  Value probabilities;  ///< [pairs, heads]
};

/// An attention op that is put together step by step: sizes first, then what sees what and what is
/// added to the scores.
///
///     Attention attention(scope, query, key, value, {.heads = 12, .head_size = 64});
///     attention.bias(table, positions, positions, bucket);
///     const AttentionResult result = attention.result();
class Attention {
 public:
  struct Options {
    std::int64_t heads = 0;
    std::int64_t head_size = 0;
    std::int64_t key_heads = 0;   ///< grouped-query attention; 0: `heads`
    std::int64_t value_size = 0;  ///< 0: `head_size`
    double scale = 0;             ///< 0: 1 / √head_size
    double dropout = 0;
    double softcap = 0;
    bool gives_scores = false;  ///< `probabilities` are the scores before the softmax
  };

  Attention(const Scope& scope, Value query, Value key, Value value, const Options& options);

  /// A query sees keys from position - left to position + right; unset: no bound. Positions are
  /// int32 by row and rise inside a sequence.
  Attention& window(Value query_positions, Value key_positions, std::optional<std::int64_t> left,
                    std::optional<std::int64_t> right);
  /// A query sees no later key.
  Attention& causal(Value positions) { return window(positions, positions, std::nullopt, 0); }

  /// Adds scale · table[index(query id - key id), head]; table [shared, heads].
  Attention& bias(Value table, Value query_ids, Value key_ids, graph::RelativeIndex index,
                  double scale = 1);
  /// Adds scale · query · table[index(query id - key id)]; table [shared, heads · head_size] or
  /// [shared, head_size]. `query` may be another one than the attention's.
  Attention& query_term(Value query, Value table, Value query_ids, Value key_ids,
                        graph::RelativeIndex index, double scale);
  /// The same with the attention's keys.
  Attention& key_term(Value table, Value query_ids, Value key_ids, graph::RelativeIndex index,
                      double scale);

  AttentionResult result() const;

 private:
  /// A value that belongs to queries and keys alike has a slot for each: only the queries' rows may
  /// be dropped.
  enum class Side { kQuery, kKey };
  int slot(Value value, Side side);

  graph::Graph* graph_;
  graph::AttentionOp op_;
  std::vector<Value> inputs_;
  std::vector<Side> sides_;  // by input
};

/// Names of the three input projections below an attention's scope.
struct ProjectionNames {
  std::string_view query = "query";
  std::string_view key = "key";
  std::string_view value = "value";
};

/// The size of one head; throws `kInvalidArgument` where the heads do not divide the hidden size.
std::int64_t head_size(std::int64_t hidden, std::int64_t heads);

/// Bidirectional multi-head self-attention, scores scaled by 1 / √head_size; x [s, hidden]. The
/// output projection is the caller's.
AttentionResult self_attention(const Scope& scope, Value x, std::int64_t heads, double dropout,
                               const ProjectionNames& names = {});

/// Attention through `landmarks` means of equal runs of the `length` tokens that every sequence
/// must have (Xiong et al. 2021), scores scaled by 1 / √head_size. Throws `kInvalidArgument` where
/// the landmarks do not divide the length.
Value nystrom_attention(const Scope& scope, Value query, Value key, Value value, std::int64_t heads,
                        std::int64_t landmarks, std::int64_t length);

/// DeBERTa-v2's logarithmic buckets (He et al. 2021) of query - key, from -buckets to buckets:
/// distances up to half of them have their own. Throws `kInvalidArgument` where the longest
/// distance is not beyond those.
graph::RelativeIndex deberta_buckets(std::int64_t buckets, std::int64_t max_distance);

/// T5's logarithmic buckets (Raffel et al. 2019): the row of a bias table by query - key. Throws
/// `kInvalidArgument` for numbers that leave no bucket for far keys.
graph::RelativeIndex t5_buckets(std::int64_t buckets, std::int64_t max_distance,
                                bool bidirectional);

/// Sines, then cosines of query - key (Dai et al. 2019), which counts as at most `clamp` where that
/// is positive: [distances, size]. Terms read it with the difference itself as index.
Value distance_sinusoids(const Scope& scope, std::int64_t size, std::int64_t clamp);

}  // namespace verdict::nn

#include "verdict/nn/attention.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"
#include "verdict/nn/rotary.h"

namespace verdict::nn {

using graph::ScoreTerm;

Attention::Attention(const Scope& scope, Value query, Value key, Value value,
                     const Options& options)
    : graph_(&scope.graph()),
      inputs_{query, key, value},
      sides_{Side::kQuery, Side::kKey, Side::kKey} {
  op_.heads = options.heads;
  op_.head_size = options.head_size;
  op_.key_heads = options.key_heads;
  op_.value_size = options.value_size;
  op_.scale =
      options.scale != 0 ? options.scale : 1 / std::sqrt(static_cast<double>(options.head_size));
  op_.dropout = options.dropout;
  op_.softcap = options.softcap;
  op_.gives_scores = options.gives_scores;
}

int Attention::slot(Value value, Side side) {
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    if (inputs_[i] == value && sides_[i] == side) return static_cast<int>(i);
  }
  inputs_.push_back(value);
  sides_.push_back(side);
  return static_cast<int>(inputs_.size()) - 1;
}

Attention& Attention::window(Value query_positions, Value key_positions,
                             std::optional<std::int64_t> left, std::optional<std::int64_t> right) {
  op_.query_positions = slot(query_positions, Side::kQuery);
  op_.key_positions = slot(key_positions, Side::kKey);
  op_.left = left;
  op_.right = right;
  return *this;
}

Attention& Attention::bias(Value table, Value query_ids, Value key_ids, graph::RelativeIndex index,
                           double scale) {
  op_.terms.push_back({ScoreTerm::Kind::kBias, slot(table, Side::kKey), 0, std::move(index),
                       slot(query_ids, Side::kQuery), slot(key_ids, Side::kKey), scale});
  return *this;
}

Attention& Attention::query_term(Value query, Value table, Value query_ids, Value key_ids,
                                 graph::RelativeIndex index, double scale) {
  op_.terms.push_back({ScoreTerm::Kind::kQuery, slot(table, Side::kKey), slot(query, Side::kQuery),
                       std::move(index), slot(query_ids, Side::kQuery), slot(key_ids, Side::kKey),
                       scale});
  return *this;
}

Attention& Attention::key_term(Value table, Value query_ids, Value key_ids,
                               graph::RelativeIndex index, double scale) {
  op_.terms.push_back({ScoreTerm::Kind::kKey, slot(table, Side::kKey), 0, std::move(index),
                       slot(query_ids, Side::kQuery), slot(key_ids, Side::kKey), scale});
  return *this;
}

AttentionResult Attention::result() const {
  const auto outputs = graph_->add(op_, inputs_);
  return {outputs[0], outputs[1]};
}

std::int64_t head_size(std::int64_t hidden, std::int64_t heads) {
  if (heads <= 0 || hidden % heads != 0) {
    throw Error(ErrorCode::kInvalidArgument,
                concat("The config's hidden size ", hidden, " cannot be divided among ", heads,
                       " attention heads."));
  }
  return hidden / heads;
}

AttentionResult self_attention(const Scope& scope, Value x, std::int64_t heads, double dropout,
                               const ProjectionNames& names) {
  const std::int64_t hidden = scope.graph().columns(x);
  const std::int64_t size = head_size(hidden, heads);
  const Value query = linear(scope[names.query], x, hidden);
  const Value key = linear(scope[names.key], x, hidden);
  const Value value = linear(scope[names.value], x, hidden);
  return Attention(scope, query, key, value,
                   {.heads = heads, .head_size = size, .dropout = dropout})
      .result();
}

Value nystrom_attention(const Scope& scope, Value query, Value key, Value value, std::int64_t heads,
                        std::int64_t landmarks, std::int64_t length) {
  if (landmarks < 1 || length % landmarks != 0) {
    throw Error(ErrorCode::kInvalidArgument,
                concat("The config's segment_means_seq_len ", length,
                       " cannot be divided among num_landmarks ", landmarks, "."));
  }
  constexpr std::int64_t kIterations = 6;  // of the pseudo-inverse, as in the reference
  const std::int64_t size = head_size(scope.graph().columns(query), heads);
  return scope.graph().apply(graph::NystromAttentionOp{heads, size, landmarks, length, kIterations,
                                                       1 / std::sqrt(static_cast<double>(size))},
                             {query, key, value});
}

graph::RelativeIndex deberta_buckets(std::int64_t buckets, std::int64_t max_distance) {
  const std::int64_t exact = buckets / 2;
  if (exact < 1 || max_distance - 1 <= exact) {
    throw Error(
        ErrorCode::kInvalidArgument,
        concat("The config's position_buckets (", buckets, ") and max_relative_positions (",
               max_distance,
               ") do not fit together: at least 2 buckets, and a distance more than 1 beyond "
               "half of them, were expected."));
  }
  // In float32 as the reference, whose rounding decides at the edges of buckets.
  const auto logarithm = [exact](std::int64_t distance) {
    return std::log(static_cast<float>(static_cast<double>(distance) / static_cast<double>(exact)));
  };
  return [=, most = logarithm(max_distance - 1)](std::int32_t difference) {
    const std::int64_t distance = std::abs(difference);
    if (distance <= exact) return difference;
    const auto step = static_cast<std::int32_t>(
        std::ceil(logarithm(distance) / most * static_cast<float>(exact - 1)));
    const std::int32_t bucket = step + static_cast<std::int32_t>(exact);
    return difference < 0 ? -bucket : bucket;
  };
}

graph::RelativeIndex t5_buckets(std::int64_t buckets, std::int64_t max_distance,
                                bool bidirectional) {
  const std::int64_t exact_buckets = (bidirectional ? buckets / 2 : buckets) / 2;
  if (exact_buckets < 1 || max_distance <= exact_buckets) {
    throw Error(ErrorCode::kInvalidArgument,
                concat("The config's relative_attention_num_buckets (", buckets,
                       ") and relative_attention_max_distance (", max_distance,
                       ") do not fit together: at least 4 buckets, and a distance beyond half of "
                       "them, were expected."));
  }
  return [=](std::int32_t difference) {
    // The reference counts key - query; its bidirectional table has later keys in its second half.
    std::int64_t count = buckets;
    std::int64_t first = 0;
    std::int64_t distance = difference;
    if (bidirectional) {
      count /= 2;
      if (difference < 0) first = count;
      distance = std::abs(distance);
    } else {
      distance = std::max<std::int64_t>(distance, 0);
    }
    const std::int64_t exact = exact_buckets;
    if (distance < exact) return static_cast<std::int32_t>(first + distance);
    // In float32 as the reference, whose rounding decides at the edges of buckets.
    const float ratio = std::log(static_cast<float>(distance) / static_cast<float>(exact)) /
                        static_cast<float>(std::log(static_cast<double>(max_distance) /
                                                    static_cast<double>(exact)));
    const auto step = static_cast<std::int64_t>(ratio * static_cast<float>(count - exact));
    return static_cast<std::int32_t>(first + std::min(exact + step, count - 1));
  };
}

Value distance_sinusoids(const Scope& scope, std::int64_t size, std::int64_t clamp) {
  auto prelude = [frequencies = rotary_frequencies(10000, size)(0), clamp](
                     const graph::Batch& batch, std::span<float> out) {
    const std::size_t half = frequencies.size();
    const auto row = [&](std::int64_t distance) {
      return out.subspan(static_cast<std::size_t>(distance + batch.width - 1) * 2 * half, 2 * half);
    };
    for (std::int64_t distance = 0; distance < batch.width; ++distance) {
      const auto position = static_cast<float>(clamp > 0 ? std::min(distance, clamp) : distance);
      // The opposite distance differs by the sign of its sines.
      const std::span<float> opposite = row(-distance);
      const std::span<float> own = row(distance);
      for (std::size_t i = 0; i < half; ++i) {
        const float angle = position * frequencies[i];
        const float sine = std::sin(angle);
        opposite[i] = -sine;
        own[i] = sine;
        own[half + i] = opposite[half + i] = std::cos(angle);
      }
    }
  };
  const auto rows = scope.graph().segmentation({graph::Segmentation::Rule::kDistances, 0});
  return scope.graph().apply(graph::FloatInputOp{"distances", rows, size, std::move(prelude)}, {});
}

}  // namespace verdict::nn

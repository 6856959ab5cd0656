// The attention op against plain loops: grouped heads, windows, score terms, caps, odd sizes, and
// the same with products of int16.
#include "verdict/nn/attention.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "support/graph_runner.h"

namespace verdict::testing {
namespace {

using graph::Graph;
using graph::Value;

struct Case {
  std::string name;
  std::int64_t heads = 4;
  std::int64_t key_heads = 4;
  std::int64_t head_size = 8;
  std::int64_t value_size = 8;
  std::optional<std::int64_t> left = {};
  std::optional<std::int64_t> right = {};
  double softcap = 0;
  bool terms = false;
  bool rounds = false;  ///< products of int16, as with weights that are not float32
};

/// Int16 needs some length to gain; these end in every number of rows that a block can have.
const std::vector<std::int32_t> kRounded{64, 65, 66, 67, 68, 69, 70, 71, 130};
/// Elsewhere attention is float32's always.
#if defined(__x86_64__) || defined(__wasm__)
constexpr bool kRounds = true;
#else
constexpr bool kRounds = false;
#endif

constexpr std::int64_t kReach = 200;  // rows of the tables on each side of distance 0

class AttentionOp : public ::testing::TestWithParam<Case> {};

TEST_P(AttentionOp, EqualsPlainLoops) {
  const Case& c = GetParam();
  std::vector<std::int32_t> lengths{5, 1, 37, 70};
  if (c.rounds) lengths = kRounded;
  std::size_t tokens = 0;
  for (const std::int32_t length : lengths) tokens += static_cast<std::size_t>(length);
  Numbers numbers(11);
  const auto q = numbers.take(tokens * static_cast<std::size_t>(c.heads * c.head_size));
  const auto k = numbers.take(tokens * static_cast<std::size_t>(c.key_heads * c.head_size));
  const auto v = numbers.take(tokens * static_cast<std::size_t>(c.key_heads * c.value_size));
  constexpr std::int64_t kRows = 2 * kReach + 1;
  const auto bias = numbers.take(kRows * static_cast<std::size_t>(c.heads));
  const auto by_query = numbers.take(kRows * static_cast<std::size_t>(c.heads * c.head_size));
  const auto by_key = numbers.take(kRows * static_cast<std::size_t>(c.head_size));

  Graph graph;
  const nn::Scope scope(graph, 0.02);
  const Value positions = positions_input(graph);
  nn::Attention attention(scope, constant_input(graph, q, c.heads * c.head_size),
                          constant_input(graph, k, c.key_heads * c.head_size),
                          constant_input(graph, v, c.key_heads * c.value_size),
                          {.heads = c.heads,
                           .head_size = c.head_size,
                           .key_heads = c.key_heads,
                           .value_size = c.value_size,
                           .scale = 0.3,
                           .softcap = c.softcap});
  if (c.left || c.right) attention.window(positions, positions, c.left, c.right);
  if (c.terms) {
    const auto rows = graph.segmentation({graph::Segmentation::Rule::kShared, kRows});
    const auto index = [](std::int32_t d) { return static_cast<std::int32_t>(d + kReach); };
    attention.bias(constant_input(graph, bias, c.heads, rows), positions, positions, index);
    attention.query_term(constant_input(graph, q, c.heads * c.head_size),
                         constant_input(graph, by_query, c.heads * c.head_size, rows), positions,
                         positions, index, 0.5);
    attention.key_term(constant_input(graph, by_key, c.head_size, rows), positions, positions,
                       index, 0.25);
  }
  const auto result = attention.result();
  graph.output("context", result.context);
  graph.output("probabilities", result.probabilities);
  GraphRunner runner(graph, c.rounds ? ComputeType::kQ8 : ComputeType::kF32,
                     VERDICT_HAS_THREADS ? 2 : 1);

  std::vector<double> context(tokens * static_cast<std::size_t>(c.heads * c.value_size));
  std::vector<double> probabilities;
  std::int64_t first = 0;
  std::int64_t pairs = 0;
  const auto at = [](const std::vector<float>& x, std::int64_t i) {
    return double{x[static_cast<std::size_t>(i)]};
  };
  for (const std::int32_t length : lengths) {
    for (std::int64_t head = 0; head < c.heads; ++head) {
      const std::int64_t key_head = head / (c.heads / c.key_heads);
      for (std::int64_t i = 0; i < length; ++i) {
        std::vector<double> scores;
        for (std::int64_t j = 0; j < length; ++j) {
          const bool seen = (!c.left || i - j <= *c.left) && (!c.right || j - i <= *c.right);
          const std::int64_t row = i - j + kReach;
          double dot = 0, query_dot = 0, key_dot = 0;
          for (std::int64_t d = 0; d < c.head_size; ++d) {
            const double x = at(q, ((first + i) * c.heads + head) * c.head_size + d);
            const double y = at(k, ((first + j) * c.key_heads + key_head) * c.head_size + d);
            dot += x * y;
            query_dot += x * at(by_query, (row * c.heads + head) * c.head_size + d);
            key_dot += y * at(by_key, row * c.head_size + d);
          }
          double score = 0.3 * dot;
          if (c.terms) score += at(bias, row * c.heads + head) + 0.5 * query_dot + 0.25 * key_dot;
          if (c.softcap > 0) score = c.softcap * std::tanh(score / c.softcap);
          scores.push_back(seen ? score : -std::numeric_limits<double>::infinity());
          pairs += seen ? 1 : 0;
        }
        const double largest = *std::ranges::max_element(scores);
        double total = 0;
        for (double& score : scores) total += score = std::exp(score - largest);
        for (std::int64_t j = 0; j < length; ++j) {
          const double p = scores[static_cast<std::size_t>(j)] / total;
          probabilities.push_back(p);
          for (std::int64_t d = 0; d < c.value_size; ++d) {
            context[static_cast<std::size_t>(((first + i) * c.heads + head) * c.value_size + d)] +=
                p * at(v, ((first + j) * c.key_heads + key_head) * c.value_size + d);
          }
        }
      }
    }
    first += length;
  }
  const double tolerance = c.rounds ? 1e-3 : 1e-5;
  expect_near(runner.run(batch_of(lengths)), context, tolerance);
  expect_near(runner.run(batch_of(lengths), 1), probabilities, tolerance);
  // What the window masks is not computed, beyond a tile; score terms are always float32's.
  const Counters& counters = runner.counters();
  const std::int64_t products = pairs * (c.head_size + c.value_size);
  if (c.rounds && kRounds) {
    EXPECT_EQ(counters.int16_multiplications, products);
  } else {
    EXPECT_EQ(counters.int16_multiplications, 0);
  }
  if (!c.terms) {
    EXPECT_EQ(counters.float_multiplications + counters.int16_multiplications, products);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Cases, AttentionOp,
    ::testing::Values(
        Case{.name = "plain"},
        Case{.name = "odd", .heads = 3, .key_heads = 3, .head_size = 7, .value_size = 5},
        Case{.name = "grouped", .heads = 6, .key_heads = 2},
        Case{.name = "one_key_head", .heads = 4, .key_heads = 1, .right = 0},
        Case{.name = "causal", .right = 0}, Case{.name = "causal_window", .left = 3, .right = 0},
        Case{.name = "window", .left = 6, .right = 6},
        Case{.name = "capped", .right = 0, .softcap = 0.7}, Case{.name = "terms", .terms = true},
        Case{.name = "terms_in_a_window", .left = 9, .right = 2, .terms = true},
        Case{.name = "rounded", .rounds = true},
        Case{.name = "rounded_odd",
             .heads = 3,
             .key_heads = 3,
             .head_size = 7,
             .value_size = 5,
             .rounds = true},
        Case{.name = "rounded_large_heads", .head_size = 80, .value_size = 72, .rounds = true},
        Case{.name = "rounded_grouped", .heads = 6, .key_heads = 2, .rounds = true},
        Case{.name = "rounded_causal_window", .left = 21, .right = 0, .rounds = true},
        Case{.name = "rounded_window", .left = 6, .right = 17, .rounds = true},
        Case{.name = "rounded_capped", .softcap = 0.7, .rounds = true},
        Case{.name = "rounded_terms", .left = 9, .right = 2, .terms = true, .rounds = true}),
    [](const auto& c) { return c.param.name; });

/// Attention of one head of 32 over one sequence; query, key and value are rows of 32 floats.
class RoundedAttention : public ::testing::Test {
 protected:
  static constexpr std::int64_t kSize = 32;

  void run(std::int32_t length, const std::vector<float>& q, const std::vector<float>& k,
           const std::vector<float>& v) {
    const auto context_by = [&](ComputeType type) {
      Graph graph;
      const nn::Scope scope(graph, 0.02);
      nn::Attention attention(scope, constant_input(graph, q, kSize),
                              constant_input(graph, k, kSize), constant_input(graph, v, kSize),
                              {.heads = 1, .head_size = kSize, .scale = 1});
      graph.output("context", attention.result().context);
      GraphRunner runner(graph, type);
      auto context = runner.run(batch_of({length}));
      multiplications = runner.counters().int16_multiplications;
      return context;
    };
    exact = context_by(ComputeType::kF32);
    rounded = context_by(ComputeType::kQ8);
  }

  std::vector<float> exact;
  std::vector<float> rounded;
  std::int64_t multiplications = 0;  ///< of `rounded`, in int16
};

TEST_F(RoundedAttention, NothingOverflowsAtTheLargestValues) {
  // Scores: all products of a sum at their bound and of one sign. Context: probabilities that are
  // all alike and values that are all at their bound.
  constexpr std::int32_t kLength = 3001;
  for (const float sign : {1.0f, -1.0f}) {
    const std::vector<float> same(kLength * kSize, 3.0f);
    const std::vector<float> values(kLength * kSize, sign * 5.0f);
    run(kLength, same, same, values);
    EXPECT_EQ(multiplications > 0, kRounds);
    for (const float x : rounded) ASSERT_NEAR(x, sign * 5, 1e-2);
    std::vector<float> keys = same;
    for (std::size_t i = 0; i < kSize; ++i) keys[i] = -3;
    run(kLength, same, keys, values);
    for (const float x : rounded) ASSERT_NEAR(x, sign * 5, 1e-2);
  }
}

TEST_F(RoundedAttention, KeepsOneKeyThatTakesAll) {
  constexpr std::int32_t kLength = 200;
  std::vector<float> q(kLength * kSize, 1.0f);
  std::vector<float> k(kLength * kSize, 0.0f);
  Numbers numbers(3);
  const auto v = numbers.take(kLength * kSize);
  for (std::size_t i = 0; i < kSize; ++i) k[77 * kSize + i] = 4;
  run(kLength, q, k, v);
  EXPECT_EQ(multiplications > 0, kRounds);
  for (std::size_t i = 0; i < rounded.size(); ++i)
    ASSERT_NEAR(rounded[i], v[77 * kSize + i % kSize], 1e-3);
}

TEST_F(RoundedAttention, LeavesWhatCannotBeRoundedToFloat32) {
  constexpr std::int32_t kLength = 70;
  Numbers numbers(5);
  const auto k = numbers.take(kLength * kSize);
  const auto v = numbers.take(kLength * kSize);
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), 3e38f}) {
    for (const int where : {0, 1, 2}) {
      std::vector<float> inputs[] = {numbers.take(kLength * kSize), k, v};
      inputs[where][5 * kSize + 3] = bad;
      run(kLength, inputs[0], inputs[1], inputs[2]);
      EXPECT_EQ(multiplications, 0);
      for (std::size_t i = 0; i < rounded.size(); ++i) {
        ASSERT_EQ(std::isnan(rounded[i]), std::isnan(exact[i]));
        if (!std::isnan(exact[i])) {
          ASSERT_EQ(rounded[i], exact[i]);
        }
      }
    }
  }
  // Zeros have no scale.
  run(kLength, std::vector<float>(kLength * kSize), k, v);
  EXPECT_EQ(multiplications, 0);
  EXPECT_EQ(rounded, exact);
}

}  // namespace
}  // namespace verdict::testing

// The attention op against plain loops: grouped heads, windows, score terms, caps, odd sizes.
#include "verdict/nn/attention.h"

#include <gtest/gtest.h>

#include <algorithm>

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
};

constexpr std::int64_t kReach = 200;  // rows of the tables on each side of distance 0

class AttentionOp : public ::testing::TestWithParam<Case> {};

TEST_P(AttentionOp, EqualsPlainLoops) {
  const Case& c = GetParam();
  const std::vector<std::int32_t> lengths{5, 1, 37, 70};
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
  GraphRunner runner(graph, ComputeType::kF32, VERDICT_HAS_THREADS ? 2 : 1);

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
  expect_near(runner.run(batch_of(lengths)), context, 1e-5);
  expect_near(runner.run(batch_of(lengths), 1), probabilities, 1e-5);
  if (!c.terms) {
    // What the window masks is not computed, beyond a tile.
    EXPECT_EQ(runner.counters().float_multiplications, pairs * (c.head_size + c.value_size));
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
        Case{.name = "terms_in_a_window", .left = 9, .right = 2, .terms = true}),
    [](const auto& c) { return c.param.name; });

}  // namespace
}  // namespace verdict::testing

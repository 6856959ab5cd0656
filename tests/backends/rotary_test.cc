// Rotary positions against plain loops.
#include <gtest/gtest.h>

#include "support/graph_runner.h"

namespace verdict::testing {
namespace {

TEST(Rotary, EqualsPlainLoops) {
  constexpr std::int64_t kTokens = 19, kHeads = 3;
  for (const std::int64_t half : {1, 3, 4, 17, 32}) {
    for (const std::int64_t rest : {0, 5}) {
      for (const bool interleaved : {false, true}) {
        for (const bool sines_first : {false, true}) {
          const std::int64_t size = 2 * half + rest;
          Numbers numbers(3);
          const auto x = numbers.take(static_cast<std::size_t>(kTokens * kHeads * size));
          const auto table = numbers.take(static_cast<std::size_t>(kTokens * 2 * half));
          graph::Graph graph;
          const graph::RotaryOp op{kHeads, size, interleaved, sines_first};
          graph.output("y", graph.apply(op, {constant_input(graph, x, kHeads * size),
                                             constant_input(graph, table, 2 * half)}));
          std::vector<double> expected(x.begin(), x.end());
          for (std::int64_t at = 0; at < kTokens * kHeads; ++at) {
            for (std::int64_t i = 0; i < half; ++i) {
              const auto in_table = static_cast<std::size_t>(at / kHeads * 2 * half + i);
              const auto behind = static_cast<std::size_t>(half);
              const double cosine = table[in_table + (sines_first ? behind : 0)];
              const double sine = table[in_table + (sines_first ? 0 : behind)];
              const auto a = static_cast<std::size_t>(at * size + (interleaved ? 2 * i : i));
              const auto b = a + (interleaved ? 1 : behind);
              expected[a] = x[a] * cosine - x[b] * sine;
              expected[b] = x[b] * cosine + x[a] * sine;
            }
          }
          GraphRunner runner(graph, ComputeType::kF32);
          expect_near(runner.run(batch_of({kTokens})), expected, 1e-6);
        }
      }
    }
  }
}

}  // namespace
}  // namespace verdict::testing

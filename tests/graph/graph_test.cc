#include <gtest/gtest.h>

#include <algorithm>

#include "support/errors.h"
#include "support/graph_runner.h"
#include "verdict/graph/memory_plan.h"
#include "verdict/nn/attention.h"
#include "verdict/nn/layers.h"

namespace verdict::testing {
namespace {

using graph::Graph;
using graph::Value;

bool everything(std::string_view) { return true; }

template <typename Op>
std::size_t count(const Graph& graph) {
  return static_cast<std::size_t>(std::ranges::count_if(
      graph.nodes(), [](const graph::Node& node) { return std::holds_alternative<Op>(node.op); }));
}

/// A small classifier: one attention layer, a feed-forward with residual and norm, the first token.
Graph classifier(std::int64_t hidden, const std::vector<float>& x) {
  Graph graph;
  const nn::Scope scope(graph, 0.02);
  const Value input = constant_input(graph, x, hidden);
  const auto attention = nn::self_attention(scope["attention"], input, 2, 0.1);
  graph.output("attentions.0", attention.probabilities);
  Value y = nn::dropout(scope, nn::linear(scope["out"], attention.context, hidden), 0.5);
  y = nn::layer_norm(scope["norm"], nn::add(scope, y, input), 1e-5);
  Value z = nn::activation(scope, nn::linear(scope["up"], y, 3 * hidden), "gelu");
  z = nn::add(scope, nn::linear(scope["down"], z, hidden), y);
  graph.output("hidden_states.0", z);
  graph.output("logits", nn::linear(scope["head"], nn::first_token(scope, z), 2));
  return graph;
}

TEST(Passes, EachKeepsTheAnswer) {
  const auto x = Numbers(1).take(9 * 8);
  const Graph plain = graph::remove_dropout(classifier(8, x));
  const auto batch = batch_of({4, 2, 3});
  const auto logits = [&](const Graph& graph) {
    for (std::size_t i = 0; i < graph.outputs().size(); ++i) {
      if (graph.outputs()[i].name == "logits")
        return GraphRunner(graph, ComputeType::kF32).run(batch, i);
    }
    return std::vector<float>();
  };
  const auto expected = logits(plain);
  ASSERT_EQ(expected.size(), 6u);
  const std::vector<double> reference(expected.begin(), expected.end());
  const auto only_logits = [](std::string_view name) { return name == "logits"; };
  expect_near(logits(graph::select_outputs(plain, only_logits)), reference, 1e-6);
  expect_near(logits(graph::hoist_row_selection(graph::select_outputs(plain, only_logits))),
              reference, 1e-6);
  expect_near(logits(graph::fuse_linear_activation(plain)), reference, 1e-6);
  expect_near(logits(graph::fuse_residual_norm(plain)), reference, 1e-6);
  expect_near(logits(graph::merge_linears(plain)), reference, 1e-6);
  expect_near(logits(graph::optimize_for_inference(classifier(8, x), only_logits)), reference,
              1e-6);
  expect_near(logits(graph::optimize_for_inference(classifier(8, x), everything)), reference, 1e-6);
}

TEST(Passes, EachDoesItsWork) {
  const Graph declared = classifier(8, Numbers(1).take(9 * 8));
  EXPECT_EQ(count<graph::DropoutOp>(declared), 1u);
  EXPECT_EQ(count<graph::DropoutOp>(graph::remove_dropout(declared)), 0u);
  EXPECT_EQ(count<graph::ActivationOp>(graph::fuse_linear_activation(declared)), 0u);
  const Graph plain = graph::remove_dropout(declared);
  EXPECT_EQ(count<graph::AddOp>(plain), 2u);
  EXPECT_EQ(count<graph::AddOp>(graph::fuse_residual_norm(plain)), 1u);
  EXPECT_EQ(count<graph::LinearOp>(plain), 7u);
  EXPECT_EQ(count<graph::LinearOp>(graph::merge_linears(plain)), 5u);
}

TEST(Batch, IsCutIntoPartsOfAboutAsManyTokens) {
  const auto cuts = [](const std::vector<std::int32_t>& lengths) {
    return graph::even_cuts(batch_of(lengths), 8);
  };
  using Rows = std::vector<std::int64_t>;
  EXPECT_EQ(cuts({4, 4, 3}), (Rows{0, 3}));
  EXPECT_EQ(cuts({4, 4, 4}), (Rows{0, 2, 3}));
  EXPECT_EQ(cuts({4, 4, 4, 4, 4, 4}), (Rows{0, 2, 4, 6}));
  EXPECT_EQ(cuts({100}), (Rows{0, 1}));
  EXPECT_EQ(cuts({1, 100, 1}), (Rows{0, 1, 2, 3}));
  EXPECT_EQ(cuts({1, 1, 1, 1, 20}), (Rows{0, 4, 5}));
}

TEST(Batch, APartKeepsWhatBelongsToItsRows) {
  graph::Batch batch = batch_of({4, 2, 3});
  batch.tokens["input_ids"] = {10, 11, 12, 13, 20, 21, 30, 31, 32};
  const graph::Batch part = batch.part(1, 3);
  EXPECT_EQ(part.offsets, (std::vector<std::int32_t>{0, 2, 5}));
  EXPECT_EQ(part.columns, (std::vector<std::int32_t>{0, 1, 0, 1, 2}));
  EXPECT_EQ(part.width, 4);
  EXPECT_EQ(part.first_row, 1);
  EXPECT_EQ(part.tokens.at("input_ids"), (std::vector<std::int32_t>{20, 21, 30, 31, 32}));
  EXPECT_EQ(part.part(1, 2).first_row, 2);
}

/// The rows that nobody reads are dropped, but never those of a requested state.
TEST(Passes, DroppedRowsSaveMultiplications) {
  const auto x = Numbers(1).take(64 * 16);
  const auto cost = [&](const Graph& graph) {
    GraphRunner runner(graph, ComputeType::kF32);
    runner.run(batch_of({64}));
    return runner.counters().float_multiplications;
  };
  const auto only_logits = [](std::string_view name) { return name == "logits"; };
  const std::int64_t all = cost(graph::optimize_for_inference(classifier(16, x), everything));
  const std::int64_t pooled = cost(graph::optimize_for_inference(classifier(16, x), only_logits));
  // Key and value of every token, and one query's worth of the rest: 1 of 64 rows.
  const std::int64_t every_row = 2 * 64 * 16 * 16;
  const std::int64_t head = 16 * 2;
  EXPECT_EQ(pooled, every_row + head + (all - every_row - head) / 64);
}

TEST(Graph, RefusesWhatDoesNotFit) {
  Graph graph;
  const Value x = constant_input(graph, {}, 4);
  const Value y = constant_input(graph, {}, 5);
  expect_error(
      ErrorCode::kInternal,
      [&] {
        graph.apply(graph::AddOp{}, {x, y});
      },
      "add");
  const auto weight = graph.parameter("w", {3, 7}, graph::Initializer::zeros());
  expect_error(
      ErrorCode::kInternal,
      [&] {
        graph.apply(
            graph::LinearOp{{graph::LinearPart{weight, std::nullopt, false, {}}}, std::nullopt, 1},
            {x});
      },
      "linear", "7 inputs");
  expect_error(
      ErrorCode::kInternal,
      [&] {
        graph.parameter("w", {3, 8}, graph::Initializer::zeros());
      },
      "[3, 7]", "[3, 8]");
  graph::LinearPart beyond{weight, std::nullopt, false, {}};
  beyond.rows = {2, 2, 0, 0};
  const Value z = constant_input(graph, {}, 7);
  expect_error(
      ErrorCode::kInternal,
      [&] {
        graph.apply(graph::LinearOp{{beyond}, std::nullopt, 1}, {z});
      },
      "row 3");
}

TEST(MemoryPlan, BuffersThatLiveTogetherDoNotOverlap) {
  Numbers numbers(9);
  for (int round = 0; round < 50; ++round) {
    std::vector<graph::Lifetime> buffers;
    std::int64_t sum = 0;
    for (int i = 0; i < 40; ++i) {
      const auto first = static_cast<std::size_t>(30 * (numbers.next() + 1));
      const auto bytes = static_cast<std::int64_t>(1000 * (numbers.next() + 1));
      buffers.push_back({bytes, first, first + static_cast<std::size_t>(5 * (numbers.next() + 1))});
      sum += bytes + 64;
    }
    const graph::MemoryPlan plan = graph::plan_memory(buffers, 64);
    EXPECT_LT(plan.total, sum);
    for (std::size_t a = 0; a < buffers.size(); ++a) {
      EXPECT_EQ(plan.offsets[a] % 64, 0);
      EXPECT_LE(plan.offsets[a] + buffers[a].bytes, plan.total);
      for (std::size_t b = 0; b < a; ++b) {
        const bool together =
            buffers[a].first <= buffers[b].last && buffers[b].first <= buffers[a].last;
        const bool apart = plan.offsets[a] + buffers[a].bytes <= plan.offsets[b] ||
                           plan.offsets[b] + buffers[b].bytes <= plan.offsets[a];
        EXPECT_TRUE(!together || apart);
      }
    }
  }
}

}  // namespace
}  // namespace verdict::testing

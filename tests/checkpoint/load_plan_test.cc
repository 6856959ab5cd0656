#include "verdict/checkpoint/load_plan.h"

#include <gtest/gtest.h>

#include "support/errors.h"
#include "verdict/checkpoint/renames.h"

namespace verdict::testing {
namespace {

TensorInfo tensor(std::string name, std::vector<std::int64_t> shape, DType dtype = DType::kF32) {
  return {std::move(name), dtype, std::move(shape), 0, 0};
}

const std::vector<ExpectedParameter> kExpected{
    {"bert.a.LayerNorm.weight", {4}}, {"bert.b", {2, 4}}, {"classifier.weight", {3, 4}}};

LoadPlan plan(std::vector<TensorInfo> stored, bool ignore_mismatched_sizes = false) {
  return plan_load(stored, kExpected, {"bert", "bert", ignore_mismatched_sizes});
}

/// The only parameter that a stored tensor fills.
std::size_t parameter_of(const LoadPlan& plan, std::size_t stored) {
  EXPECT_EQ(plan.targets.at(stored).size(), 1u);
  return plan.targets.at(stored).at(0).parameter;
}

TEST(LoadPlan, MatchesNamesAsTheyAre) {
  const LoadPlan all = plan({tensor("classifier.weight", {3, 4}), tensor("bert.b", {2, 4}),
                             tensor("bert.a.LayerNorm.weight", {4})});
  EXPECT_EQ(parameter_of(all, 0), 2u);
  EXPECT_EQ(parameter_of(all, 1), 1u);
  EXPECT_FALSE(all.report.has_new_parameters());
  EXPECT_EQ(all.report.to_string(), "");
}

TEST(LoadPlan, ReadsBaseModelsAndOldNames) {
  const LoadPlan base =
      plan({tensor("a.LayerNorm.gamma", {4}), tensor("b", {2, 4}),
            tensor("embeddings.position_ids", {1, 8}, DType::kI64), tensor("pooler.x", {1})});
  EXPECT_EQ(parameter_of(base, 0), 0u);
  EXPECT_TRUE(base.targets[2].empty());
  EXPECT_EQ(base.report.missing_keys, std::vector<std::string>{"classifier.weight"});
  EXPECT_EQ(base.report.unexpected_keys, std::vector<std::string>{"pooler.x"});
  EXPECT_NE(base.report.to_string().find("classifier.weight"), std::string::npos);
  EXPECT_EQ(base.report.to_json()["missing_keys"][0], "classifier.weight");
}

TEST(LoadPlan, DividesFusedTensorsAndKnowsTiedOnes) {
  const std::vector<ExpectedParameter> gte{{"gte.layers.0.self_attn.q_proj.weight", {4, 2}},
                                           {"gte.layers.0.self_attn.k_proj.weight", {1, 2}},
                                           {"gte.layers.0.self_attn.v_proj.weight", {1, 2}}};
  const std::vector<TensorInfo> fused{
      tensor("new.encoder.layer.0.attention.qkv_proj.weight", {6, 2})};
  const LoadPlan divided = plan_load(fused, gte, {"gte", "gte", false});
  ASSERT_EQ(divided.targets[0].size(), 3u);
  EXPECT_EQ(divided.targets[0][2].parameter, 2u);
  EXPECT_EQ(divided.targets[0][2].first_row, 5);
  expect_error(
      ErrorCode::kInvalidArgument,
      [&] {
        plan_load(std::vector{tensor("layers.0.self_attn.qkv_proj.weight", {7, 2})}, gte,
                  {"gte", "gte", false});
      },
      "[7, 2]", "[4, 2] and [1, 2] and [1, 2]");

  const std::vector<ExpectedParameter> t5{{"transformer.shared.weight", {4, 2}}};
  const TensorInfo tied = tensor("transformer.encoder.embed_tokens.weight", {4, 2});
  const TensorInfo own = tensor("shared.weight", {4, 2});
  EXPECT_EQ(parameter_of(plan_load(std::vector{tied}, t5, {"t5", "transformer", false}), 0), 0u);
  const LoadPlan both = plan_load(std::vector{tied, own}, t5, {"t5", "transformer", false});
  EXPECT_TRUE(both.targets[0].empty());
  EXPECT_EQ(parameter_of(both, 1), 0u);
  EXPECT_TRUE(both.report.unexpected_keys.empty());
}

TEST(LoadPlan, DoesNotMissWhatTheModelComputes) {
  const std::vector<ExpectedParameter> roformer{{"roformer.embed_positions.weight", {8, 4}, true},
                                                {"roformer.b", {2}}};
  const LoadRules rules{"roformer", "roformer"};
  const LoadPlan without = plan_load(std::vector{tensor("roformer.b", {2})}, roformer, rules);
  EXPECT_TRUE(without.report.missing_keys.empty());
  const LoadPlan with = plan_load(
      std::vector{tensor("roformer.b", {2}), tensor("roformer.embed_positions.weight", {8, 4})},
      roformer, rules);
  EXPECT_EQ(parameter_of(with, 1), 0u);
}

TEST(LoadPlan, RefusesABaseModelWithHoles) {
  expect_error(
      ErrorCode::kNotFound,
      [] {
        plan({tensor("bert.b", {2, 4})});
      },
      "bert.a.LayerNorm.weight");
}

TEST(LoadPlan, RefusesOtherShapesUnlessAsked) {
  const std::vector<TensorInfo> stored{tensor("bert.a.LayerNorm.weight", {4}),
                                       tensor("bert.b", {2, 4}),
                                       tensor("classifier.weight", {5, 4})};
  expect_error(
      ErrorCode::kInvalidArgument, [&] { plan(stored); }, "classifier.weight", "[5, 4]", "[3, 4]",
      "ignore_mismatched_sizes");
  const LoadPlan ignoring = plan(stored, true);
  ASSERT_EQ(ignoring.report.mismatched_keys.size(), 1u);
  EXPECT_EQ(ignoring.report.mismatched_keys[0].checkpoint_shape, (std::vector<std::int64_t>{5, 4}));
}

TEST(LoadPlan, RefusesDoublesAndIntegers) {
  expect_error(
      ErrorCode::kCorruptFile,
      [] {
        plan({tensor("bert.b", {2, 4}), tensor("b", {2, 4})});
      },
      "bert.b");
  expect_error(
      ErrorCode::kUnsupported,
      [] {
        plan({tensor("bert.b", {2, 4}, DType::kI8)});
      },
      "bert.b", "I8");
}

}  // namespace
}  // namespace verdict::testing

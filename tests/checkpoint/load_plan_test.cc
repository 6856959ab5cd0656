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
  return plan_load(stored, kExpected, {"bert", ignore_mismatched_sizes});
}

TEST(LoadPlan, MatchesNamesAsTheyAre) {
  const LoadPlan all = plan({tensor("classifier.weight", {3, 4}), tensor("bert.b", {2, 4}),
                             tensor("bert.a.LayerNorm.weight", {4})});
  EXPECT_EQ(all.parameter_of[0], 2u);
  EXPECT_EQ(all.parameter_of[1], 1u);
  EXPECT_FALSE(all.report.has_new_parameters());
  EXPECT_EQ(all.report.to_string(), "");
}

TEST(LoadPlan, ReadsBaseModelsAndOldNames) {
  const LoadPlan base =
      plan({tensor("a.LayerNorm.gamma", {4}), tensor("b", {2, 4}),
            tensor("embeddings.position_ids", {1, 8}, DType::kI64), tensor("pooler.x", {1})});
  EXPECT_EQ(base.parameter_of[0], 0u);
  EXPECT_EQ(base.parameter_of[2], std::nullopt);
  EXPECT_EQ(base.report.missing_keys, std::vector<std::string>{"classifier.weight"});
  EXPECT_EQ(base.report.unexpected_keys, std::vector<std::string>{"pooler.x"});
  EXPECT_NE(base.report.to_string().find("classifier.weight"), std::string::npos);
  EXPECT_EQ(base.report.to_json()["missing_keys"][0], "classifier.weight");
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

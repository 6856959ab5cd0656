// What encoders with relative and rotary positions and XLM refuse, how they start, and what their
// optional arguments do.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/errors.h"
#include "support/models.h"
#include "verdict/models/registry.h"
#include "verdict/nn/attention.h"

namespace verdict::testing {
namespace {

using nlohmann::json;

void expect_invalid(const std::string& folder, const json& kwargs, const std::string& part) {
  expect_error(
      ErrorCode::kInvalidArgument, [&] { fresh(folder, kwargs); }, part);
}

void expect_unsupported(const std::string& folder, const json& kwargs, const std::string& part) {
  expect_error(
      ErrorCode::kUnsupported, [&] { fresh(folder, kwargs); }, part);
}

std::vector<float> values(const Tensor& tensor) {
  return {tensor.f32().begin(), tensor.f32().end()};
}

std::optional<std::int64_t> max_length_of(const std::string& folder) {
  const auto config = AutoConfig::from_pretrained(model_path(folder));
  return max_length(model_type(config.model_type()), config);
}

TEST(Deberta, RefusesConfigsThatAreNone) {
  expect_invalid("deberta", {{"num_attention_heads", 5}}, "5 attention heads");
  expect_invalid("deberta", {{"pos_att_type", {1, 2}}}, "pos_att_type");
  expect_invalid("deberta", {{"max_relative_positions", -2}}, "max_relative_positions");
  expect_invalid("deberta-v2", {{"position_buckets", 1}}, "position_buckets (1)");
  expect_invalid("deberta-v2", {{"position_buckets", 64}}, "max_relative_positions (32)");
  expect_invalid("deberta-v2__conv", {{"conv_kernel_size", 4}}, "kernel 4");
  expect_invalid("deberta-v2__conv", {{"conv_groups", 5}}, "5 groups");
  expect_invalid("deberta-v2__conv", {{"conv_groups", 0}}, "conv_groups");
  auto config = AutoConfig::from_pretrained(model_path("deberta")).to_json();
  config["talking_head"] = true;
  expect_error(
      ErrorCode::kUnsupported,
      [&] { AutoModelForSequenceClassification::from_config(PretrainedConfig::from_json(config)); },
      "talking_head");
}

/// transformers' make_log_bucket_position for 8 buckets and at most 32 positions.
TEST(Deberta, CountsDistancesInLogBuckets) {
  const graph::RelativeIndex bucket = nn::deberta_buckets(8, 32);
  const std::vector<std::int32_t> expected{0, 1, 2, 3, 4, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 6,
                                           7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7};
  for (std::int32_t distance = 0; distance < 32; ++distance) {
    EXPECT_EQ(bucket(distance), expected[static_cast<std::size_t>(distance)]) << distance;
    EXPECT_EQ(bucket(-distance), -bucket(distance)) << distance;
  }
}

TEST(Positions, BoundTheLengthWhereTheyAreInATable) {
  EXPECT_EQ(max_length_of("deberta"), std::nullopt);
  EXPECT_EQ(max_length_of("deberta__abs"), 64);
  EXPECT_EQ(max_length_of("esm"), std::nullopt);
  EXPECT_EQ(max_length_of("esm__absolute"), 62);
  EXPECT_EQ(max_length_of("mpnet"), 62);
  EXPECT_EQ(max_length_of("roformer"), 64);
  const std::vector<std::int64_t> ids(65, 5);
  EXPECT_EQ(forward(*load("deberta"), 1, ids).logits.size(), 3u);
  EXPECT_EQ(forward(*load("esm"), 1, ids).logits.size(), 3u);
  for (const std::string type : {"deberta__abs", "esm__absolute", "mpnet", "roformer", "xlm"}) {
    expect_error(
        ErrorCode::kInvalidArgument, [&] { forward(*load(type), 1, ids); }, "position_ids", "64");
  }
}

TEST(Esm, RefusesConfigsThatAreNone) {
  expect_unsupported("esm", {{"position_embedding_type", "relative_key"}},
                     "position_embedding_type is \"relative_key\"");
  expect_invalid("esm", {{"num_attention_heads", 32}}, "even number");
  for (const std::string attribute : {"mask_token_id", "pad_token_id", "vocab_size"}) {
    expect_error(
        ErrorCode::kNotFound,
        [&] {
          fresh("esm", {{attribute, nullptr}});
        },
        attribute);
  }
}

/// A masked token is zeroed, whatever its embedding, and the others are scaled.
TEST(Esm, DropsMaskedTokens) {
  const auto mask =
      AutoConfig::from_pretrained(model_path("esm")).get<std::int64_t>("mask_token_id");
  ForwardOptions options;
  options.output_hidden_states = true;
  const auto embeddings = [&](bool drops) {
    return forward(*load("esm", {{"token_dropout", drops}}), 1, {5, mask, 7, 8}, options)
        .states.at("hidden_states")
        .front();
  };
  const Tensor scaled = embeddings(true);
  const Tensor plain = embeddings(false);
  for (std::size_t i = 0; i < scaled.size(); ++i) {
    const bool masked = i / 32 == 1;
    EXPECT_NEAR(scaled.f32()[i], masked ? 0 : plain.f32()[i] * 0.88f / 0.75f, 1e-6);
  }
}

/// sin and cos of position / 10000^(2 · pair / size).
float sinusoid(std::size_t position, std::size_t pair, std::size_t size, bool is_sine) {
  const double exponent = 2 * static_cast<double>(pair) / static_cast<double>(size);
  const double angle = static_cast<double>(position) / std::pow(10000, exponent);
  return static_cast<float>(is_sine ? std::sin(angle) : std::cos(angle));
}

TEST(RoFormer, StartsWithSinesBeforeCosines) {
  const Tensor table = fresh("roformer")->parameter("roformer.encoder.embed_positions.weight");
  ASSERT_EQ(table.shape(), (std::vector<std::int64_t>{64, 8}));
  for (std::size_t i = 0; i < table.size(); ++i)
    EXPECT_NEAR(table.f32()[i], sinusoid(i / 8, i % 4, 8, i % 8 < 4), 1e-6);
  expect_invalid("roformer", {{"num_attention_heads", 32}}, "even number");
}

TEST(MpNet, RefusesTablesWithoutAllBuckets) {
  expect_invalid("mpnet", {{"relative_attention_num_buckets", 31}},
                 "relative_attention_num_buckets is 31");
  EXPECT_EQ(
      forward(*fresh("mpnet", {{"relative_attention_num_buckets", 40}}), 1, {5, 6}).logits.size(),
      3u);
}

TEST(Xlm, RefusesConfigsThatAreNone) {
  expect_unsupported("xlm", {{"is_encoder", false}}, "is_encoder");
  expect_unsupported("xlm", {{"summary_type", "attn"}}, "summary_type");
  expect_invalid("xlm", {{"summary_use_proj", false}}, "summary_use_proj");
  expect_invalid("xlm", {{"summary_proj_to_labels", false}}, "summary_proj_to_labels");
  expect_invalid("flaubert", {{"n_heads", 5}}, "5 attention heads");
  expect_invalid("flaubert", {{"n_langs", 0}}, "n_langs");
}

TEST(Xlm, MayStartWithSinusoids) {
  const Tensor table =
      fresh("flaubert__prenorm_sin")->parameter("transformer.position_embeddings.weight");
  for (std::size_t i = 0; i < table.size(); ++i)
    EXPECT_NEAR(table.f32()[i], sinusoid(i / 32, i % 32 / 2, 32, i % 2 == 0), 1e-6);
}

/// 0 is a language and a token: arguments of zeros are not the same as none.
TEST(Xlm, AddsTheArgumentsThatAreGiven) {
  const auto model = load("xlm__langs_causal");
  const auto logits = [&](std::optional<std::string> argument) {
    const std::vector<std::int64_t> zeros(3, 0);
    ModelInputs inputs{{"input_ids", Tensor::from_i64({1, 3}, std::vector<std::int64_t>{5, 6, 7})}};
    if (argument) inputs.emplace(*argument, Tensor::from_i64({1, 3}, zeros));
    return values(model->forward(inputs).logits);
  };
  EXPECT_NE(logits("langs"), logits(std::nullopt));
  EXPECT_NE(logits("token_type_ids"), logits(std::nullopt));
  EXPECT_EQ(logits("position_ids") == logits(std::nullopt), false);
}

/// Without a mask, the reference takes as many of the last tokens for padding as there are padding
/// tokens.
TEST(Xlm, TakesTheLastTokensForPadding) {
  const auto model = load("xlm");
  const auto logits = [&](const std::vector<std::int64_t>& ids,
                          std::optional<std::vector<std::int64_t>> mask) {
    const auto width = static_cast<std::int64_t>(ids.size());
    ModelInputs inputs{{"input_ids", Tensor::from_i64({1, width}, ids)}};
    if (mask) inputs.emplace("attention_mask", Tensor::from_i64({1, width}, *mask));
    return model->forward(inputs).logits;
  };
  expect_close("end", logits({5, 6, 7, 2}, std::nullopt), logits({5, 6, 7}, std::nullopt));
  expect_close("middle", logits({5, 2, 7, 6}, std::nullopt), logits({5, 2, 7, 6}, {{1, 1, 1, 0}}));
  EXPECT_NE(values(logits({5, 6, 7, 2}, {{1, 1, 1, 1}})),
            values(logits({5, 6, 7, 2}, std::nullopt)));
  for (const float x : values(logits({2, 2}, std::nullopt))) EXPECT_TRUE(std::isfinite(x));
}

/// The state of the first token, for two endings of a sequence.
TEST(Xlm, SeesLaterTokensUnlessItIsCausal) {
  ForwardOptions options;
  options.output_hidden_states = true;
  for (const bool causal : {true, false}) {
    const auto model = load("xlm", {{"causal", causal}});
    const auto first_token = [&](std::int64_t last_id) {
      const Tensor state =
          forward(*model, 1, {5, 6, last_id}, options).states.at("hidden_states").back();
      return std::vector<float>(state.f32().begin(), state.f32().begin() + 32);
    };
    EXPECT_EQ(first_token(7) == first_token(8), causal);
  }
}

}  // namespace
}  // namespace verdict::testing

#include "verdict/config/config.h"

#include <gtest/gtest.h>

#include "support/errors.h"
#include "support/fixtures.h"

namespace verdict::testing {
namespace {

using nlohmann::json;

PretrainedConfig bert(const json& more = json::object(), const json& kwargs = json::object()) {
  json source{{"model_type", "bert"}};
  if (more.is_object()) source.update(more);
  return PretrainedConfig::from_json(source, "config.json", kwargs);
}

TEST(Config, CompletesWithTheTypesDefaults) {
  const PretrainedConfig config = bert();
  EXPECT_EQ(config.get<std::int64_t>("hidden_size"), 768);
  EXPECT_EQ(config.num_labels(), 2);
  EXPECT_EQ(config.id2label()[1], "LABEL_1");
  EXPECT_EQ(config.problem_type(), std::nullopt);
}

TEST(Config, ReadsEveryTypesOwnSpelling) {
  const auto distilbert = PretrainedConfig::from_json({{"model_type", "distilbert"},
                                                       {"dim", 64},
                                                       {"n_layers", 3},
                                                       {"n_heads", 4},
                                                       {"hidden_dim", 99}});
  EXPECT_EQ(distilbert.get<std::int64_t>("hidden_size"), 64);
  EXPECT_EQ(distilbert.to_json()["dim"], 64);
  EXPECT_FALSE(distilbert.to_json().contains("hidden_size"));
}

TEST(Config, TheFirstSpellingWinsInAFileThatHasSeveral) {
  const auto bart = PretrainedConfig::from_json(
      {{"model_type", "bart"}, {"encoder_layers", 6}, {"num_hidden_layers", 12}});
  EXPECT_EQ(bart.get<std::int64_t>("encoder_layers"), 6);
  EXPECT_EQ(bart.to_json()["encoder_layers"], 6);
  const auto other =
      PretrainedConfig::from_json({{"model_type", "bart"}, {"num_hidden_layers", 3}});
  EXPECT_EQ(other.get<std::int64_t>("encoder_layers"), 3);
  const auto xlnet = PretrainedConfig::from_json({{"model_type", "xlnet"}, {"n_token", 72}});
  EXPECT_EQ(xlnet.get<std::int64_t>("vocab_size"), 72);
  EXPECT_EQ(xlnet.to_json()["vocab_size"], 72);
}

TEST(Config, DerivesWhatTheReferenceDerives) {
  const auto t5 = [](const json& kwargs) {
    return PretrainedConfig::from_json({{"model_type", "t5"}}, "config.json", kwargs);
  };
  EXPECT_EQ(t5(json::object()).get<std::string>("dense_act_fn"), "relu");
  const auto gated = t5({{"feed_forward_proj", "gated-gelu"}});
  EXPECT_EQ(gated.get<std::string>("dense_act_fn"), "gelu_new");
  EXPECT_TRUE(gated.get<bool>("is_gated_act"));
  EXPECT_FALSE(gated.with({{"feed_forward_proj", "silu"}}).get<bool>("is_gated_act"));
  const auto given = PretrainedConfig::from_json(
      {{"model_type", "t5"}, {"feed_forward_proj", "gated-gelu"}, {"dense_act_fn", "gelu"}});
  EXPECT_EQ(given.get<std::string>("dense_act_fn"), "gelu");
  EXPECT_TRUE(given.get<bool>("is_gated_act"));
  const auto neo = PretrainedConfig::from_json({{"model_type", "gpt_neo"}, {"num_layers", 24}});
  const auto layers = neo.get<json>("attention_layers");
  ASSERT_EQ(layers.size(), 24u);
  EXPECT_EQ(layers[23], "local");
}

TEST(Config, SomeTypesHaveThreeLabelsByDefault) {
  EXPECT_EQ(PretrainedConfig::from_json({{"model_type", "bart"}}).num_labels(), 3);
  EXPECT_EQ(PretrainedConfig::from_json({{"model_type", "mbart"}}).num_labels(), 2);
  EXPECT_EQ(PretrainedConfig::from_json({{"model_type", "bart"}, {"num_labels", 4}}).num_labels(),
            4);
}

TEST(Config, LabelsComeFromAnyOfTheirThreeForms) {
  EXPECT_EQ(bert({{"id2label", {{"0", "no"}, {"1", "yes"}, {"2", "maybe"}}}}).id2label()[2],
            "maybe");
  EXPECT_EQ(bert({}, {{"num_labels", 5}}).num_labels(), 5);
  const PretrainedConfig named =
      bert({{"id2label", {{"0", "no"}, {"1", "yes"}}}, {"label2id", {{"no", 0}, {"yes", 1}}}});
  EXPECT_EQ(named.label2id("yes"), 1);
  EXPECT_EQ(named.label2id("perhaps"), std::nullopt);
  EXPECT_EQ(named.to_json()["id2label"]["1"], "yes");
}

TEST(Config, TheModelsNameTellsTheTypeWhereTheFileHasNone) {
  const auto type_of = [](std::string_view model, const json& kwargs = json::object()) {
    return PretrainedConfig::from_json(json::object(), "config.json", kwargs, model).model_type();
  };
  EXPECT_EQ(type_of("bert/my-roberta-large/"), "roberta");
  EXPECT_EQ(type_of("someone/bert-base"), "bert");
  EXPECT_EQ(type_of("someone/bert-base", {{"model_type", "electra"}}), "electra");
  expect_error(
      ErrorCode::kInvalidArgument, [&] { type_of("bert/checkpoint-500"); }, "model_type",
      "config.json");
}

TEST(Config, KeywordsOverrideAndUnknownOnesAreErrors) {
  EXPECT_EQ(bert({{"hidden_size", 32}}, {{"hidden_size", 64}}).get<std::int64_t>("hidden_size"),
            64);
  expect_error(
      ErrorCode::kInvalidArgument,
      [] {
        bert({}, {{"hiden_size", 64}});
      },
      "hiden_size");
}

TEST(Config, NamesWhatIsWrong) {
  expect_error(
      ErrorCode::kInvalidArgument,
      [] {
        PretrainedConfig::from_json({{"hidden_size", 3}}, "config.json");
      },
      "model_type", "config.json");
  expect_error(
      ErrorCode::kCorruptFile, [] { PretrainedConfig::from_json(json::array(), "x.json"); },
      "x.json");
  expect_error(
      ErrorCode::kInvalidArgument,
      [] {
        bert({{"hidden_size", "big"}});
      },
      "hidden_size", "big");
  expect_error(
      ErrorCode::kInvalidArgument,
      [] {
        bert({{"hidden_size", -4}});
      },
      "hidden_size");
  expect_error(
      ErrorCode::kInvalidArgument,
      [] {
        bert({{"hidden_dropout_prob", 1.5}});
      },
      "hidden_dropout_prob");
  expect_error(
      ErrorCode::kInvalidArgument,
      [] {
        bert({{"problem_type", "guessing"}});
      },
      "guessing", "regression");
  expect_error(
      ErrorCode::kInvalidArgument,
      [] {
        bert({}, {{"num_labels", 0}});
      },
      "num_labels");
  expect_error(
      ErrorCode::kNotFound, [] { bert().get<bool>("no_such_attribute"); }, "no_such_attribute");
}

TEST(AutoConfig, TakesAFolderOrTheFile) {
  const std::string folder = root_path("tests/fixtures/models/bert");
  EXPECT_EQ(AutoConfig::from_pretrained(folder).model_type(), "bert");
  EXPECT_EQ(AutoConfig::from_pretrained(folder + "/config.json").model_type(), "bert");
  expect_error(
      ErrorCode::kNotFound, [] { AutoConfig::from_pretrained("/no/such/folder"); },
      "/no/such/folder");
}

}  // namespace
}  // namespace verdict::testing

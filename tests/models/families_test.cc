// What encoder-decoder and causal classifiers and XLNet refuse, how they start, and what they see.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/errors.h"
#include "support/models.h"
#include "verdict/auto/classes.h"

namespace verdict::testing {
namespace {

using nlohmann::json;

class EncoderDecoder : public ::testing::TestWithParam<std::string> {};

TEST_P(EncoderDecoder, NeedsTheSameNumberOfEosTokensInAllRows) {
  const auto model = load(GetParam());
  const auto eos = model->config().get<std::int64_t>("eos_token_id");
  expect_error(
      ErrorCode::kInvalidArgument,
      [&] {
        forward(*model, 1, {5, 6, 7});
      },
      "Row 0", "0 <eos>");
  expect_error(
      ErrorCode::kInvalidArgument,
      [&] {
        forward(*model, 2, {5, 6, eos, 5, eos, eos});
      },
      "Row 1", "2 <eos>", "row 0 has 1");
  EXPECT_EQ(forward(*model, 2, {5, 6, eos, 5, eos, 6}).logits.shape()[0], 2);
}

INSTANTIATE_TEST_SUITE_P(Models, EncoderDecoder,
                         ::testing::Values("bart", "mbart", "mt5", "mvp", "plbart", "t5", "umt5"),
                         [](const auto& type) { return type.param; });

TEST(EncoderDecoders, RefuseConfigsThatAreNone) {
  const auto invalid = [](const std::string& type, const json& kwargs, const auto&... parts) {
    expect_error(
        ErrorCode::kInvalidArgument, [&] { fresh(type, kwargs); }, parts...);
  };
  invalid("bart", {{"decoder_attention_heads", 5}}, "32", "5 attention heads");
  invalid("bart", {{"decoder_layers", std::int64_t{1} << 40}}, "decoder_layers", "10000");
  invalid("t5", {{"num_layers", std::int64_t{1} << 40}}, "num_hidden_layers", "10000");
  invalid("t5", {{"feed_forward_proj", "gated-gelu-new"}}, "feed_forward_proj", "gated-gelu-new");
  invalid("t5", {{"relative_attention_num_buckets", 2}}, "relative_attention_num_buckets (2)");
  invalid("t5", {{"relative_attention_max_distance", 2}}, "relative_attention_max_distance (2)");
  expect_error(
      ErrorCode::kNotFound,
      [] {
        fresh("t5", {{"decoder_start_token_id", nullptr}});
      },
      "decoder_start_token_id");
  expect_error(
      ErrorCode::kUnsupported,
      [] {
        fresh("t5", {{"dense_act_fn", "cosine"}});
      },
      "cosine");
}

TEST(Bart, RefusesMoreTokensThanPositions) {
  const auto model = load("bart");
  std::vector<std::int64_t> ids(65, 5);
  ids[0] = 2;
  expect_error(
      ErrorCode::kInvalidArgument, [&] { forward(*model, 1, ids); }, "position_ids", "column 64");
  ids.pop_back();
  EXPECT_EQ(forward(*model, 1, ids).logits.size(), 3u);
}

TEST(Gpt2, IsTheClassOfGptSw3Too) {
  const auto config = PretrainedConfig::from_json({{"model_type", "gpt-sw3"},
                                                   {"n_embd", 8},
                                                   {"n_head", 2},
                                                   {"n_layer", 1},
                                                   {"n_positions", 4},
                                                   {"vocab_size", 9}});
  EXPECT_EQ(GPT2ForSequenceClassification::from_config(config)->class_name(),
            "GPT2ForSequenceClassification");
  expect_error(
      ErrorCode::kInvalidArgument, [&] { GPTNeoForSequenceClassification::from_config(config); },
      "GPTNeoForSequenceClassification", "Use GPT2ForSequenceClassification");
}

TEST(CausalClassifiers, NeedAPadTokenForSeveralRows) {
  for (const std::string type : {"gpt2", "gpt_neo"}) {
    const auto model = load(type, {{"pad_token_id", nullptr}});
    expect_error(
        ErrorCode::kInvalidArgument,
        [&] {
          forward(*model, 2, {5, 6, 7, 8});
        },
        "pad_token_id");
    EXPECT_EQ(forward(*model, 1, {5, 6, 7, 8}).logits.size(), 3u) << type;
  }
}

TEST(CausalClassifiers, RefuseMoreTokensThanPositions) {
  for (const std::string type : {"gpt2", "gpt_neo"}) {
    expect_error(
        ErrorCode::kInvalidArgument,
        [&] { forward(*load(type), 1, std::vector<std::int64_t>(65, 5)); }, "position_ids", "64");
  }
}

TEST(CausalClassifiers, SeeColumnsWhateverThePositions) {
  const auto model = load("gpt2");
  const auto ids = Tensor::from_i64({1, 3}, std::vector<std::int64_t>{5, 6, 7});
  const auto others = Tensor::from_i64({1, 3}, std::vector<std::int64_t>{5, 9, 8});
  const auto positions = Tensor::from_i64({1, 3}, std::vector<std::int64_t>{9, 4, 2});
  ForwardOptions options;
  options.output_hidden_states = true;
  const auto first_token = [&](const Tensor& input) {
    const Tensor state =
        model->forward({{"input_ids", input}, {"position_ids", positions}}, options)
            .states.at("hidden_states")
            .back();
    return std::vector<float>(state.f32().begin(), state.f32().begin() + 32);
  };
  EXPECT_EQ(first_token(ids), first_token(others));
}

TEST(GptNeo, RefusesAttentionTypesThatDoNotFit) {
  const auto refused = [](const json& types, ErrorCode code = ErrorCode::kInvalidArgument) {
    expect_error(
        code,
        [&] {
          fresh("gpt_neo", {{"attention_types", types}});
        },
        "attention_types");
  };
  refused(json::parse(R"([[["global"], 3]])"));
  refused(json::parse(R"([[["global"], 1000000000000]])"));
  refused(json::parse(R"([["global", "local"]])"));
  refused(json::parse(R"([[["global", 1], 1]])"));
  refused(json::parse(R"("global")"));
  refused(json::parse(R"([[["global", "sparse"], 1]])"), ErrorCode::kUnsupported);
}

TEST(Xlnet, RefusesConfigsThatAreNone) {
  const auto invalid = [](const json& kwargs, const auto&... parts) {
    expect_error(
        ErrorCode::kInvalidArgument, [&] { fresh("xlnet", kwargs); }, parts...);
  };
  invalid({{"attn_type", "both"}}, "attn_type", "both");
  invalid({{"bi_data", true}}, "bi_data");
  invalid({{"d_head", 7}}, "d_head", "8");
  invalid({{"n_head", 5}}, "5 attention heads");
  expect_error(
      ErrorCode::kUnsupported,
      [] {
        fresh("xlnet", {{"summary_type", "attn"}});
      },
      "summary_type", "attn");
}

/// The state of the first token, for two endings of a sequence.
TEST(Xlnet, SeesLaterTokensUnlessItIsUnidirectional) {
  ForwardOptions options;
  options.output_hidden_states = true;
  for (const std::string type : {"uni", "bi"}) {
    const auto model = load("xlnet", {{"attn_type", type}});
    const auto first_token = [&](std::int64_t last_id) {
      const Tensor state =
          forward(*model, 1, {5, 6, last_id}, options).states.at("hidden_states").back();
      return std::vector<float>(state.f32().begin(), state.f32().begin() + 32);
    };
    EXPECT_EQ(first_token(7) == first_token(8), type == "uni") << type;
  }
}

TEST(Xlnet, SummarisesAsTheConfigSays) {
  const auto logits = [](const std::string& type) {
    const auto output = forward(*load("xlnet", {{"summary_type", type}}), 1, {5, 6, 7});
    return std::vector<float>(output.logits.f32().begin(), output.logits.f32().end());
  };
  EXPECT_EQ(logits("cls_index"), logits("last"));
  EXPECT_NE(logits("first"), logits("last"));
  EXPECT_NE(logits("mean"), logits("last"));
}

TEST(Mvp, PromptsTheEncoderInFilesOfTransformers4) {
  const json prompt{{"use_prompt", true}, {"prompt_length", 3}, {"prompt_mid_dim", 8}};
  const auto has_encoder_prompt = [&](const std::string& version) {
    json kwargs = prompt;
    kwargs["transformers_version"] = version;
    const auto parameters = fresh("mvp", kwargs)->named_parameters();
    return std::ranges::any_of(parameters, [](const ParameterSummary& parameter) {
      return starts_with(parameter.name, "model.encoder.self_attn_prompt.");
    });
  };
  EXPECT_TRUE(has_encoder_prompt("4.57.6"));
  EXPECT_FALSE(has_encoder_prompt("5.23.0"));
}

}  // namespace
}  // namespace verdict::testing

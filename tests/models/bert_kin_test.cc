// What the reference's fixtures do not show of BERT's kin: optional arguments, bad configs, weights
// in groups.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/errors.h"
#include "support/fixtures.h"
#include "verdict/auto/auto_model.h"
#include "verdict/models/registry.h"

namespace verdict::testing {
namespace {

using nlohmann::json;
using Auto = AutoModelForSequenceClassification;

std::unique_ptr<SequenceClassifier> load(const std::string& folder,
                                         const json& kwargs = json::object()) {
  FromPretrainedOptions options;
  options.kwargs = kwargs;
  return Auto::from_pretrained(root_path("tests/fixtures/" + folder), options);
}

/// A small new model.
std::unique_ptr<SequenceClassifier> make(const std::string& type, const json& more) {
  json config{{"model_type", type},           {"vocab_size", 20},        {"hidden_size", 32},
              {"num_hidden_layers", 1},       {"intermediate_size", 48}, {"num_attention_heads", 4},
              {"max_position_embeddings", 16}};
  config.update(more);
  return Auto::from_config(PretrainedConfig::from_json(config));
}

ModelInputs tokens(std::int64_t count) {
  return {{"input_ids", Tensor::from_i64({1, count}, std::vector<std::int64_t>(
                                                         static_cast<std::size_t>(count), 7))}};
}

void expect_refused(const std::string& type, const json& more, const std::string& attribute) {
  expect_error(
      ErrorCode::kInvalidArgument, [&] { make(type, more); }, attribute);
}

TEST(BertKin, RocBertAveragesOverTheArgumentsThatAreGiven) {
  const auto model = load("models/roc_bert__sum");
  const auto plain =
      load("models/roc_bert__sum", {{"enable_shape", false}, {"enable_pronunciation", false}});
  ModelInputs inputs = tokens(5);
  expect_close("logits", model->forward(inputs).logits, plain->forward(inputs).logits);
  const auto shapes_only = load("models/roc_bert__sum", {{"enable_pronunciation", false}});
  inputs.emplace("input_shape_ids", Tensor::from_i64({1, 5}, std::vector<std::int64_t>(5, 3)));
  const Tensor with_shapes = model->forward(inputs).logits;
  expect_close("logits", with_shapes, shapes_only->forward(inputs).logits);
  EXPECT_NE(with_shapes.f32()[0], plain->forward(inputs).logits.f32()[0]);
}

/// The recorded scores of masked keys are so low that they hide the others from a comparison of
/// the whole tensor, so this compares the sequence that fills its row.
TEST(BertKin, SqueezeBertGivesScoresAsAttentions) {
  const std::string folder = root_path("tests/fixtures/models/squeezebert");
  const auto inputs = load_tensors(folder + "/inputs.safetensors");
  const Tensor expected = load_tensors(folder + "/expected.safetensors").at("main.attentions.0");
  ModelInputs row;
  const Tensor& ids = inputs.at("main.input_ids");
  const std::int64_t width = ids.shape()[1];
  for (const char* name : {"input_ids", "token_type_ids"}) {
    row.emplace(name,
                Tensor::from_i64(
                    {1, width},
                    inputs.at(concat("main.", name)).i64().first(static_cast<std::size_t>(width))));
  }
  ForwardOptions options;
  options.output_attentions = true;
  const auto output = load("models/squeezebert")->forward(row, options);
  const Tensor& scores = output.states.at("attentions").at(0);
  ASSERT_EQ(scores.shape(), (std::vector<std::int64_t>{1, 4, width, width}));
  expect_close("scores", scores,
               Tensor::from_f32(scores.shape(), expected.f32().first(scores.size())), 5e-4,
               [](std::size_t) { return true; });
}

TEST(BertKin, WeightsStoredByGroupComeBackAsTheyWere) {
  for (const char* type : {"convbert__groups", "squeezebert", "nystromformer"}) {
    const auto stored =
        load_tensors(root_path(concat("tests/fixtures/models/", type, "/model.safetensors")));
    for (const auto& [name, tensor] : load(concat("models/", type))->state_dict()) {
      ASSERT_TRUE(stored.contains(name)) << name;
      const auto expected = stored.at(name).f32();
      EXPECT_TRUE(std::ranges::equal(tensor.f32(), expected)) << name;
    }
  }
}

TEST(BertKin, RelativePositionsEndWithTheirTable) {
  const auto model = make("bert", {{"position_embedding_type", "relative_key"}});
  EXPECT_EQ(model->forward(tokens(16)).logits.shape(), (std::vector<std::int64_t>{1, 2}));
  expect_error(
      ErrorCode::kInvalidArgument, [&] { model->forward(tokens(17)); }, "16");
}

TEST(BertKin, BadConfigsAreNamed) {
  expect_refused("bert", {{"position_embedding_type", "rotary"}}, "position_embedding_type");
  for (const char* pruned : {R"({"0": [4]})", R"({"0": [0, 1, 2, 3]})", R"({"0": "all"})", "[1]"})
    expect_refused("bert", {{"pruned_heads", json::parse(pruned)}}, "pruned_heads");
  expect_refused("convbert", {{"conv_kernel_size", 4}}, "kernel");
  expect_refused("convbert", {{"num_groups", 5}}, "groups");
  expect_refused("convbert", {{"hidden_size", 18}, {"head_ratio", 2}}, "hidden_size");
  expect_refused("ibert", {{"hidden_act", "relu"}}, "hidden_act");
  expect_refused("mobilebert", {{"normalization_type", "batch"}}, "normalization_type");
  expect_refused("nystromformer", {{"num_landmarks", 5}}, "num_landmarks");
  expect_refused("roc_bert", {{"concat_input", false}, {"shape_embed_dim", 12}},
                 "shape_embed_dim is 12");
  expect_refused("squeezebert", {{"embedding_size", 16}}, "embedding_size");
  expect_error(
      ErrorCode::kUnsupported,
      [] {
        make("ibert", {{"quant_mode", true}});
      },
      "quant_mode");
  expect_error(
      ErrorCode::kUnsupported,
      [] {
        make("nystromformer", {{"inv_coeff_init_option", true}});
      },
      "inv_coeff_init_option");
}

/// The reference numbers tokens from 2 on, but takes the caller's numbers as they are.
TEST(BertKin, NystromformerTakesPositionIdsAsTheyAre) {
  const auto model = load("models/nystromformer");
  ModelInputs inputs = tokens(4);
  const Tensor expected = model->forward(inputs).logits;
  const std::vector<std::int64_t> positions{2, 3, 4, 5};
  inputs.emplace("position_ids", Tensor::from_i64({1, 4}, positions));
  expect_close("logits", model->forward(inputs).logits, expected);
}

TEST(BertKin, LandmarksNeedTheirNumberOfTokens) {
  const auto model = load("models/nystromformer__landmarks");
  expect_error(
      ErrorCode::kInvalidArgument, [&] { model->forward(tokens(11)); }, "segment_means_seq_len");
}

}  // namespace
}  // namespace verdict::testing

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/errors.h"
#include "support/fixtures.h"
#include "verdict/auto/auto_model.h"
#include "verdict/base/json.h"
#include "verdict/pipeline/text_classification.h"

namespace verdict::testing {
namespace {

const std::string& folder() {
  static const std::string path = root_path("models/verdict-sentiment-en");
  return path;
}

TextClassificationPipeline& bundled() {
  static TextClassificationPipeline pipeline(
      AutoModelForSequenceClassification::from_pretrained(folder()),
      AutoTokenizer::from_pretrained(folder()));
  return pipeline;
}

std::vector<LabelScore> classify(const std::string& text,
                                 const TextClassificationOptions& options = {}) {
  const std::vector<TextInput> inputs{{text, std::nullopt}};
  return bundled()(inputs, options).front();
}

TEST(Pipeline, GivesTheCardsProbabilities) {
  const std::string path = folder() + "/examples.json";
  for (const auto& example : parse_json(read_text(*open_file(path)), path)) {
    TextClassificationOptions all;
    all.top_k = 0;
    const auto labels = classify(example["text"], all);
    EXPECT_EQ(labels.front().label, example["label"].get<std::string>()) << example["text"];
    for (const LabelScore& label : labels) {
      EXPECT_NEAR(label.score, example["probabilities"][label.label].get<double>(), 2e-4)
          << example["text"];
    }
  }
}

TEST(Pipeline, AppliesTheFunctionAskedFor) {
  TextClassificationOptions options;
  options.top_k = 0;
  const auto total = [&](FunctionToApply function) {
    options.function_to_apply = function;
    double sum = 0;
    for (const LabelScore& label : classify("Good.", options)) sum += label.score;
    return sum;
  };
  EXPECT_NEAR(total(FunctionToApply::kSoftmax), 1, 1e-6);
  EXPECT_GT(std::fabs(total(FunctionToApply::kSigmoid) - 1), 1e-3);
  EXPECT_GT(std::fabs(total(FunctionToApply::kNone) - 1), 1e-3);
  expect_error(
      ErrorCode::kInvalidArgument, [] { function_to_apply_from_name("relu"); }, "relu", "softmax");
}

TEST(Pipeline, TakesEmptyTextsAndEmptyLists) {
  EXPECT_EQ(classify("").size(), 1u);
  EXPECT_TRUE(bundled()({}).empty());
}

TEST(Pipeline, BatchesChangeNothing) {
  std::vector<TextInput> inputs;
  for (const char* text :
       {"Good.", "A much longer sentence about nothing in particular.", "Bad!"}) {
    inputs.push_back({text, std::nullopt});
  }
  const auto together = bundled()(inputs);
  ASSERT_EQ(together.size(), inputs.size());
  const auto expect_same = [&](const TextClassificationOptions& options) {
    const auto results = bundled()(inputs, options);
    ASSERT_EQ(results.size(), inputs.size());
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      EXPECT_EQ(together[i][0].label, results[i][0].label);
      EXPECT_NEAR(together[i][0].score, results[i][0].score, 1e-5);
    }
  };
  for (const std::int64_t size : {1, 2, 100}) {
    TextClassificationOptions options;
    options.batch_size = size;
    expect_same(options);
    options.batch_size.reset();
    options.batch_tokens = size;
    expect_same(options);
  }
}

TEST(Pipeline, RefusesLongTextsUnlessAsked) {
  std::string text;
  for (int i = 0; i < 600; ++i) text += "word ";
  expect_error(
      ErrorCode::kInvalidArgument, [&] { classify(text); }, "602", "512", "truncation", "Text 1");
  TextClassificationOptions cut;
  cut.truncation = true;
  EXPECT_EQ(classify(text, cut).size(), 1u);
  cut.max_length = 1000;
  expect_error(
      ErrorCode::kInvalidArgument, [&] { classify("short", cut); }, "1000", "512");
}

TEST(Pipeline, TakesInvalidUtf8ForReplacementCharacters) {
  EXPECT_EQ(classify("ab\xff\xe2\x82!").front().score, classify("ab\ufffd\ufffd!").front().score);
}

TEST(Pipeline, RefusesInvalidOptions) {
  TextClassificationOptions options;
  options.batch_size = 0;
  expect_error(
      ErrorCode::kInvalidArgument, [&] { classify("a", options); }, "batch_size");
  options.batch_size.reset();
  options.batch_tokens = 0;
  expect_error(
      ErrorCode::kInvalidArgument, [&] { classify("a", options); }, "batch_tokens");
}

TEST(Pipeline, RefusesAHeadThatIsNotTrained) {
  FromPretrainedOptions options;
  options.kwargs = {{"num_labels", 7}};
  options.ignore_mismatched_sizes = true;
  std::shared_ptr<SequenceClassifier> model =
      AutoModelForSequenceClassification::from_pretrained(folder(), options);
  const auto tokenizer = bundled().tokenizer().token_to_id("[CLS]");
  EXPECT_EQ(tokenizer, 101);
  const auto make = [&](bool allow) {
    return TextClassificationPipeline(model, AutoTokenizer::from_pretrained(folder()), allow);
  };
  expect_error(
      ErrorCode::kInvalidArgument, [&] { make(false); }, "classifier.weight", "allow_new_head");
  const std::vector<TextInput> inputs{{"a", std::nullopt}};
  EXPECT_EQ(make(true)(inputs).front().size(), 1u);
}

}  // namespace
}  // namespace verdict::testing

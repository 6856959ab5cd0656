// The bundled model on its evaluation sets: the reference's logits on every row, and the accuracy
// that the model's card states.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "support/fixtures.h"
#include "support/machine.h"
#include "verdict/auto/auto_model.h"
#include "verdict/base/json.h"
#include "verdict/pipeline/text_classification.h"

namespace verdict::testing {
namespace {

/// `expected.safetensors` belongs to 77.4 %, the card's figure for test.jsonl.
constexpr double kStatedAccuracy = 77.4;

/// Every how many rows are read: 1 but for builds that run under an emulator.
constexpr std::size_t kStride = VERDICT_EVAL_STRIDE;

struct Row {
  TextInput input;
  std::string label;
};

std::vector<Row> read_rows(const std::string& name) {
  const std::string text = read_text(*open_file(root_path("tests/fixtures/eval/" + name)));
  std::vector<Row> rows;
  std::size_t row = 0;
  for (std::size_t at = 0; at < text.size(); ++row) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    if (row % kStride == 0) {
      const auto json = parse_json(std::string_view(text).substr(at, end - at), name);
      rows.push_back({{json.at("text"), std::nullopt}, json.value("label", "")});
    }
    at = end + 1;
  }
  return rows;
}

TextClassificationPipeline bundled(const std::string& dtype) {
  FromPretrainedOptions options;
  options.dtype = dtype;
  options.threads = 0;
  const std::string folder = root_path("models/verdict-sentiment-en");
  return {AutoModelForSequenceClassification::from_pretrained(folder, options),
          AutoTokenizer::from_pretrained(folder)};
}

/// Logits [rows, labels] of all texts, unpadded.
std::vector<std::vector<float>> scores(const TextClassificationPipeline& pipeline,
                                       const std::vector<Row>& rows) {
  TextClassificationOptions options;
  options.top_k = 0;
  options.function_to_apply = FunctionToApply::kNone;
  options.truncation = true;
  options.batch_size = 16;
  std::vector<TextInput> inputs;
  for (const Row& row : rows) inputs.push_back(row.input);
  std::vector<std::vector<float>> out;
  const PretrainedConfig& config = pipeline.model().config();
  for (const auto& labels : pipeline(inputs, options)) {
    std::vector<float> logits(labels.size());
    for (const LabelScore& label : labels) {
      logits[static_cast<std::size_t>(config.label2id(label.label).value())] = label.score;
    }
    out.push_back(std::move(logits));
  }
  return out;
}

/// The reference's logits of the rows that are read.
std::vector<std::vector<float>> expected_logits(const std::string& file) {
  const Tensor tensor = load_tensors(root_path("tests/fixtures/eval/" + file)).at("logits");
  const auto labels = static_cast<std::size_t>(tensor.shape()[1]);
  std::vector<std::vector<float>> rows;
  for (std::size_t at = 0; at < tensor.f32().size(); at += kStride * labels) {
    const auto row = tensor.f32().subspan(at, labels);
    rows.emplace_back(row.begin(), row.end());
  }
  return rows;
}

double accuracy(const TextClassificationPipeline& pipeline, const std::vector<Row>& rows,
                const std::vector<std::vector<float>>& logits) {
  std::size_t right = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto best = std::max_element(logits[i].begin(), logits[i].end()) - logits[i].begin();
    if (pipeline.model().config().id2label()[static_cast<std::size_t>(best)] == rows[i].label)
      ++right;
  }
  return 100.0 * static_cast<double>(right) / static_cast<double>(rows.size());
}

/// Differs from the stated accuracy by at most so many points; of a sample, from the reference's on
/// it, and by one row more.
void expect_accuracy(const TextClassificationPipeline& pipeline, const std::vector<Row>& rows,
                     const std::vector<std::vector<float>>& logits, double tolerance) {
  const bool is_sample = kStride > 1;
  const double stated = is_sample
                            ? accuracy(pipeline, rows, expected_logits("expected.safetensors"))
                            : kStatedAccuracy;
  if (is_sample) tolerance += 100.0 / static_cast<double>(rows.size());
  EXPECT_NEAR(accuracy(pipeline, rows, logits), stated, tolerance);
}

void expect_logits(const std::vector<std::vector<float>>& logits, const std::string& file) {
  const auto expected = expected_logits(file);
  ASSERT_EQ(logits.size(), expected.size());
  for (std::size_t i = 0; i < logits.size(); ++i) {
    for (std::size_t k = 0; k < logits[i].size(); ++k) {
      ASSERT_NEAR(logits[i][k], expected[i][k], 1e-3) << "row " << i * kStride;
    }
  }
}

TEST(Eval, Float32EqualsTheReference) {
  const auto pipeline = bundled("f32");
  const auto rows = read_rows("test.jsonl");
  const auto logits = scores(pipeline, rows);
  expect_logits(logits, "expected.safetensors");
  expect_accuracy(pipeline, rows, logits, 0.2);
  EXPECT_EQ(pipeline.model().counters().padding_rows, 0);
  EXPECT_EQ(pipeline.model().counters().int8_multiplications, 0);
}

TEST(Eval, LongTextsAreCutAsTheReferenceCuts) {
  expect_logits(scores(bundled("f32"), read_rows("long.jsonl")), "long_expected.safetensors");
}

TEST(Eval, Int8KeepsTheAccuracy) {
  const auto pipeline = bundled("q8");
  const auto rows = read_rows("test.jsonl");
  expect_accuracy(pipeline, rows, scores(pipeline, rows), 0.7);
  // Products are integer products; floating point is left to attention.
  const Counters counters = pipeline.model().counters();
  EXPECT_GT(counters.int8_multiplications, 10 * counters.float_multiplications);
}

TEST(Eval, BFloat16KeepsTheAccuracy) {
  if (!has_bf16()) {
    EXPECT_ANY_THROW(bundled("bf16"));
    return;
  }
  const auto pipeline = bundled("bf16");
  const auto rows = read_rows("test.jsonl");
  expect_accuracy(pipeline, rows, scores(pipeline, rows), 0.3);
  std::size_t bf16 = 0;
  for (const ParameterSummary& parameter : pipeline.model().named_parameters())
    bf16 += parameter.storage == DType::kBF16;
  EXPECT_EQ(bf16, 6u * 6 + 2);
}

}  // namespace
}  // namespace verdict::testing

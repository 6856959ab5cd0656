#include "verdict/auto/quantize.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/errors.h"
#include "support/fixture_folders.h"
#include "verdict/base/checked.h"
#include "verdict/base/file_writer.h"

namespace verdict::testing {
namespace {

using nlohmann::json;
using Auto = AutoModelForSequenceClassification;

void write_file(const std::string& path, std::string_view text) {
  FileWriter file(path);
  file.write(std::as_bytes(std::span(text)));
  file.commit();
}

void write_tensors(const std::string& folder, const std::vector<TensorWriter>& tensors) {
  FileWriter file(folder + "/model.safetensors");
  write_safetensors(tensors, [&](std::span<const std::byte> bytes) { file.write(bytes); });
  file.commit();
}

void write_config(const std::string& folder, const std::string& source,
                  const json& quantization = quantization_config()) {
  json config = parse_json(read_text(*open_file(source + "/config.json")), "config.json");
  config["quantization_config"] = quantization;
  write_file(folder + "/config.json", to_text(config));
}

std::uint64_t byte_size(const std::vector<TensorWriter>& tensors) {
  std::uint64_t bytes = 0;
  for (const TensorWriter& tensor : tensors) {
    bytes +=
        static_cast<std::uint64_t>(element_count(tensor.shape).value()) * dtype_size(tensor.dtype);
  }
  return bytes;
}

/// A folder's checkpoint as q8 in a folder of its own.
class Quantized {
 public:
  explicit Quantized(const std::string& source)
      : checkpoint_(open_checkpoint(*open_folder(source))),
        tensors(quantized_tensors(AutoConfig::from_pretrained(source), *checkpoint_)) {
    write_config(folder_.path(), source);
    write_tensors(folder_.path(), tensors);
  }

  const std::string& path() const { return folder_.path(); }
  std::unique_ptr<SequenceClassifier> load(const std::string& dtype = "auto") const {
    FromPretrainedOptions options;
    options.dtype = dtype;
    return Auto::from_pretrained(path(), options);
  }

 private:
  TemporaryFolder folder_;
  std::unique_ptr<CheckpointReader> checkpoint_;

 public:
  std::vector<TensorWriter> tensors;
};

class QuantizedFolders : public ::testing::TestWithParam<std::string> {};

/// Stored q8 is what loading with q8 makes, bit for bit.
TEST_P(QuantizedFolders, AnswersAsQuantisedAtLoadTime) {
  const FixtureFolder folder(GetParam());
  const Quantized stored(folder.path);
  const auto expected = folder.load(json::object(), "q8");
  const auto actual = stored.load();
  EXPECT_EQ(actual->dtype(), ComputeType::kQ8);
  EXPECT_EQ(actual->load_report().missing_keys, expected->load_report().missing_keys);
  EXPECT_TRUE(actual->load_report().unexpected_keys.empty());
  for (const std::string& name : folder.cases()) {
    const Tensor a = actual->forward(folder.case_inputs(name)).logits;
    const Tensor b = expected->forward(folder.case_inputs(name)).logits;
    EXPECT_TRUE(std::ranges::equal(a.f32(), b.f32())) << name;
  }
}

/// The floats that int8 weights stand for are at most a step away from what they were.
TEST_P(QuantizedFolders, GivesFloatsWhenAskedFor) {
  const FixtureFolder folder(GetParam());
  const Quantized stored(folder.path);
  const auto actual = stored.load("f32");
  EXPECT_EQ(actual->dtype(), ComputeType::kF32);
  for (const auto& [name, expected] : folder.load()->state_dict()) {
    const float step = largest_magnitude(expected.f32()) / 127;
    const Tensor tensor = actual->parameter(name);
    for (std::size_t i = 0; i < tensor.size(); ++i)
      ASSERT_LE(std::fabs(tensor.f32()[i] - expected.f32()[i]), step) << name << " " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Fixtures, QuantizedFolders,
                         ::testing::ValuesIn(registered_folders("models")), test_name);

TEST(Quantize, TheBundledModelShrinksToAQuarter) {
  const std::string source = root_path("models/verdict-sentiment-en");
  const auto checkpoint = open_checkpoint(*open_folder(source));
  const PretrainedConfig config = AutoConfig::from_pretrained(source);
  const auto tensors = quantized_tensors(config, *checkpoint);
  std::uint64_t floats = 0;
  for (const TensorInfo& tensor : checkpoint->tensors()) {
    floats += static_cast<std::uint64_t>(element_count(tensor.shape).value()) * sizeof(float);
  }
  EXPECT_LE(static_cast<double>(byte_size(tensors)), 0.27 * static_cast<double>(floats));
  EXPECT_LE(byte_size(tensors), 24'000'000u);
}

TEST(Quantize, ScalesHaveTheWeightsAxes) {
  const auto shape_of = [](const std::string& folder, const std::string& name) {
    const std::string path = fixtures_path(folder);
    const auto checkpoint = open_checkpoint(*open_folder(path));
    for (const TensorWriter& tensor :
         quantized_tensors(AutoConfig::from_pretrained(path), *checkpoint)) {
      if (tensor.name == name) return tensor.shape;
    }
    return std::vector<std::int64_t>{-1};
  };
  const auto bert = shape_of("models/bert", "bert.embeddings.word_embeddings.weight");
  EXPECT_EQ(shape_of("models/bert", "bert.embeddings.word_embeddings.weight_scale"),
            (std::vector<std::int64_t>{bert[0], 1}));
  // Conv1D keeps its weight as [in, out].
  const auto gpt2 = shape_of("models/gpt2", "transformer.h.0.attn.c_attn.weight");
  EXPECT_EQ(shape_of("models/gpt2", "transformer.h.0.attn.c_attn.weight_scale"),
            (std::vector<std::int64_t>{1, gpt2[1]}));
}

TEST(Quantize, WeightsMayComeBeforeTheirScales) {
  const std::string source = fixtures_path("models/bert");
  Quantized stored(source);
  const auto expected = stored.load();
  std::ranges::reverse(stored.tensors);
  write_tensors(stored.path(), stored.tensors);
  const ModelInputs inputs{
      {"input_ids", Tensor::from_i64({1, 3}, std::vector<std::int64_t>{1, 5, 2})}};
  const Tensor a = stored.load()->forward(inputs).logits;
  EXPECT_TRUE(std::ranges::equal(a.f32(), expected->forward(inputs).logits.f32()));
}

TEST(Quantize, RefusesWhatDoesNotFit) {
  const std::string source = fixtures_path("models/bert");
  Quantized stored(source);
  const std::string weight = "bert.encoder.layer.0.output.dense.weight";
  const auto with = [&](const std::string& name, const std::function<void(TensorWriter&)>& change) {
    std::vector<TensorWriter> tensors = stored.tensors;
    for (TensorWriter& tensor : tensors) {
      if (tensor.name == name) change(tensor);
    }
    write_tensors(stored.path(), tensors);
  };
  with(weight + "_scale", [](TensorWriter& scales) {
    std::swap(scales.shape[0], scales.shape[1]);
    scales.data = [shape = scales.shape] { return Tensor(DType::kF32, shape); };
  });
  expect_error(
      ErrorCode::kCorruptFile, [&] { stored.load(); }, weight);
  with(weight + "_scale", [](TensorWriter& scales) { scales.name = "other"; });
  expect_error(
      ErrorCode::kUnsupported, [&] { stored.load(); }, weight, "I8");
  with(weight, [](TensorWriter& values) {
    values.data = [shape = values.shape] {
      Tensor tensor(DType::kI8, shape);
      tensor.bytes()[0] = std::byte{0x80};
      return tensor;
    };
  });
  expect_error(
      ErrorCode::kCorruptFile, [&] { stored.load(); }, weight, "-128");
  write_tensors(stored.path(), stored.tensors);
  write_config(stored.path(), source, {{"quant_method", "verdict_q8"}, {"version", 2}});
  expect_error(
      ErrorCode::kUnsupported, [&] { stored.load(); }, "version");
  // Weights of another method are no floats.
  write_config(stored.path(), source, {{"quant_method", "gptq"}});
  expect_error(ErrorCode::kUnsupported, [&] { stored.load(); });
}

TEST(Quantize, ASavedModelSaysNothingOfInt8) {
  const Quantized stored(fixtures_path("models/bert"));
  EXPECT_EQ(stored.load("f32")->config_json().find("quantization_config"), std::string::npos);
}

}  // namespace
}  // namespace verdict::testing

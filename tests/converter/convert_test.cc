// `convert`: what comes out loads as what went in, and nothing else is left.
#include "verdict_convert/convert.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>

#include "support/checkpoints.h"
#include "support/errors.h"
#include "verdict/auto/save_pretrained.h"
#include "verdict/base/checked.h"
#include "verdict/base/file_writer.h"
#include "verdict_convert/input.h"

namespace verdict::testing {
namespace {

namespace fs = std::filesystem;
using convert::ConvertOptions;
using convert::ConvertReport;
using convert::SkipReason;

std::vector<std::string> files_in(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder))
    names.push_back(entry.path().filename().string());
  std::ranges::sort(names);
  return names;
}

ConvertReport convert_to(const std::string& input, const std::string& output,
                         const std::function<void(ConvertOptions&)>& change = {}) {
  ConvertOptions options;
  if (change) change(options);
  return convert::convert(input, output, options);
}

std::unique_ptr<SequenceClassifier> load_folder(const std::string& folder,
                                                const std::string& dtype = "f32") {
  FromPretrainedOptions options;
  options.dtype = dtype;
  return AutoModelForSequenceClassification::from_pretrained(folder, options);
}

/// Whether every element is `rounding` (of its magnitude) from the other's at most.
void expect_rounded(const SequenceClassifier& actual, const SequenceClassifier& expected,
                    float relative, float absolute) {
  for (const auto& [name, wanted] : expected.state_dict()) {
    const Tensor value = actual.parameter(name);
    ASSERT_EQ(value.shape(), wanted.shape()) << name;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const float x = wanted.f32()[i];
      ASSERT_LE(std::fabs(value.f32()[i] - x), std::max(relative * std::fabs(x), absolute))
          << name << " at " << i;
    }
  }
}

class RoundTrip : public ::testing::TestWithParam<std::string> {};

// save_pretrained, then the converter.
TEST_P(RoundTrip, KeepsEveryTensorWithinTheTypesRounding) {
  const TemporaryFolder work;
  const auto model = load_folder(fixtures_path(GetParam()));
  save_pretrained(*model, work.path() + "/saved");
  struct Case {
    const char* name;
    std::optional<DType> dtype;
    float relative, absolute;
  };
  for (const Case& c :
       {Case{"stored", {}, 0, 0}, Case{"f32", DType::kF32, 0, 0},
        Case{"f16", DType::kF16, 0x1p-11f, 0x1p-25f}, Case{"bf16", DType::kBF16, 0x1p-8f, 0}}) {
    const std::string output = concat(work.path(), "/", c.name);
    const ConvertReport report = convert_to(work.path() + "/saved", output, [&](auto& options) {
      options.dtype = c.dtype;
      options.verify = true;
    });
    EXPECT_TRUE(report.fits());
    EXPECT_TRUE(report.verified);
    EXPECT_TRUE(report.skipped.empty());
    EXPECT_EQ(report.mapped.size(), model->named_parameters().size());
    const auto result = load_folder(output);
    EXPECT_FALSE(result->load_report().has_new_parameters());
    EXPECT_TRUE(result->load_report().unexpected_keys.empty());
    EXPECT_EQ(result->config().to_json()["id2label"], model->config().to_json()["id2label"]);
    expect_rounded(*result, *model, c.relative, c.absolute);
  }
}

// Loading what was quantised before is the same as quantising while loading, bit for bit.
TEST_P(RoundTrip, QuantizesAsLoadingDoes) {
  const TemporaryFolder work;
  const std::string input = fixtures_path(GetParam());
  const std::string output = work.path() + "/out";
  const ConvertReport report = convert_to(input, output, [](auto& options) {
    options.quantize = true;
    options.verify = true;
  });
  EXPECT_TRUE(report.verified);
  EXPECT_GT(std::ranges::count(report.mapped, DType::kI8, &convert::ConvertedTensor::dtype), 0);
  const auto actual = load_folder(output, "auto");
  const auto expected = load_folder(input, "q8");
  EXPECT_EQ(actual->dtype(), ComputeType::kQ8);
  EXPECT_TRUE(actual->load_report().unexpected_keys.empty());
  const FixtureFolder folder(GetParam());
  for (const std::string& name : folder.cases()) {
    const Tensor logits = actual->forward(folder.case_inputs(name)).logits;
    EXPECT_TRUE(std::ranges::equal(logits.bytes(),
                                   expected->forward(folder.case_inputs(name)).logits.bytes()))
        << name;
  }
}

// The folders as the reference wrote them, old names and all: the output has the current ones.
TEST_P(RoundTrip, GivesTheReferencesNames) {
  const TemporaryFolder work;
  const std::string input = fixtures_path(GetParam());
  const std::string output = work.path() + "/out";
  const ConvertReport report = convert_to(input, output);
  const auto model = load_folder(input);
  std::vector<std::string> names, expected;
  const auto result = open_checkpoint(*open_folder(output));
  for (const TensorInfo& tensor : result->tensors()) names.push_back(tensor.name);
  for (const ParameterSummary& parameter : model->named_parameters())
    expected.push_back(parameter.name);
  std::erase_if(expected, [&](const std::string& name) {
    return std::ranges::count(model->load_report().missing_keys, name) != 0;
  });
  std::ranges::sort(names);
  std::ranges::sort(expected);
  EXPECT_EQ(names, expected);
  EXPECT_EQ(report.missing, model->load_report().missing_keys);
  expect_rounded(*load_folder(output), *model, 0, 0);
}

INSTANTIATE_TEST_SUITE_P(Models, RoundTrip, ::testing::ValuesIn(registered_folders("models")),
                         test_name);

class ForeignInput : public ::testing::TestWithParam<std::string> {};

// Every kind of file, found by its folder: the result answers as the source model, and names what
// the input lacks.
TEST_P(ForeignInput, AnswersAsItsSource) {
  const CheckpointFolder folder(GetParam());
  const TemporaryFolder work;
  const std::string output = work.path() + "/out";
  ConvertReport report;
  try {
    report = convert_to(folder.path, output, [](auto& options) { options.verify = true; });
  } catch (const Error& error) {
    // tests/checkpoint says which files of PyTorch the library's own reader refuses.
    EXPECT_EQ(folder.meta.at("kind"), "pytorch");
    expect_error(error.code(), [&] { load_folder(folder.path); });
    EXPECT_TRUE(files_in(work.path()).empty());
    return;
  }
  auto missing = report.missing;
  std::ranges::sort(missing);
  EXPECT_TRUE(report.fits());
  if (folder.is_registered()) {
    EXPECT_EQ(missing, folder.newly_initialised());
    expect_answers(folder, *load_folder(output));
  }
  EXPECT_EQ(files_in(work.path()), std::vector<std::string>{"out"});
  std::size_t stored = 0;
  std::set<std::string> from;
  for (const auto& [reason, names] : report.skipped) stored += names.size();
  for (const auto& tensor : report.mapped) from.insert(tensor.from);
  const auto input = convert::find_input(folder.path);
  EXPECT_EQ(convert::open_stored(*input.weights, input.file).reader->tensors().size(),
            stored + from.size());
}

INSTANTIATE_TEST_SUITE_P(Checkpoints, ForeignInput, ::testing::ValuesIn(all_checkpoint_folders()),
                         checkpoint_test_name);

const std::string& bert() {
  static const std::string path = fixtures_path("models/bert");
  return path;
}

TEST(Convert, CutsShardsAsTheReference) {
  const TemporaryFolder work;
  const std::string output = work.path() + "/out";
  const ConvertReport report = convert_to(bert(), output, [](auto& options) {
    options.max_shard_size = 20'000;
    options.verify = true;
  });
  std::size_t shards = 0;
  std::uint64_t bytes = 0;
  for (const std::string& name : files_in(output)) {
    if (!ends_with(name, ".safetensors")) continue;
    ++shards;
    std::uint64_t size = 0;
    const auto tensors = read_safetensors_header(*open_file(concat(output, "/", name))).tensors;
    for (const TensorInfo& tensor : tensors) size += tensor.byte_size();
    EXPECT_TRUE(size <= 20'000 || tensors.size() == 1) << name;
    bytes += size;
  }
  EXPECT_GT(shards, 2u);
  EXPECT_EQ(bytes, report.bytes);
  char last[64];
  std::snprintf(last, sizeof(last), "model-%05zu-of-%05zu.safetensors", shards, shards);
  EXPECT_TRUE(fs::exists(concat(output, "/", last)));
  const nlohmann::json index =
      parse_json(read_text(*open_file(output + "/model.safetensors.index.json")), "index");
  EXPECT_EQ(index.at("metadata").at("total_size"), bytes);
  EXPECT_EQ(index.at("weight_map").size(), report.mapped.size());
  expect_rounded(*load_folder(output), *load_folder(bert()), 0, 0);
  // Of one size, there is one file.
  convert_to(bert(), work.path() + "/one");
  EXPECT_TRUE(fs::exists(work.path() + "/one/model.safetensors"));
  EXPECT_FALSE(fs::exists(work.path() + "/one/model.safetensors.index.json"));
}

TEST(Convert, QuantizesTheBundledModelToAQuarter) {
  const TemporaryFolder work;
  const std::string model = root_path("models/verdict-sentiment-en");
  const std::string output = work.path() + "/out";
  const ConvertReport report = convert_to(model, output, [](auto& options) {
    options.quantize = true;
    options.max_shard_size = 10'000'000;
    options.verify = true;
  });
  std::uint64_t size = 0;
  for (const std::string& name : files_in(output)) {
    if (ends_with(name, ".safetensors")) size += fs::file_size(concat(output, "/", name));
  }
  EXPECT_LE(size, 24'000'000u);
  // Of the float32 bytes.
  std::uint64_t floats = 0;
  for (const auto& tensor : report.mapped)
    floats += 4 * static_cast<std::uint64_t>(element_count(tensor.shape).value());
  EXPECT_LE(static_cast<double>(size), 0.27 * static_cast<double>(floats));
  const auto actual = load_folder(output, "auto");
  const auto expected = load_folder(model, "q8");
  const std::vector<std::int64_t> ids{101, 1045, 2293, 2023, 2143, 1012, 102};
  const ModelInputs inputs{{"input_ids", Tensor::from_i64({1, 7}, ids)}};
  EXPECT_TRUE(std::ranges::equal(actual->forward(inputs).logits.bytes(),
                                 expected->forward(inputs).logits.bytes()));
}

TEST(Convert, QuantizesNoModelThatItDoesNotKnow) {
  const TemporaryFolder work;
  const auto quantize = [](ConvertOptions& options) { options.quantize = true; };
  fs::copy(bert(), work.path() + "/in");
  nlohmann::json json = parse_json(read_text(*open_file(bert() + "/config.json")), "config");
  json["model_type"] = "mystery";
  std::ofstream(work.path() + "/in/config.json") << json;
  expect_error(
      ErrorCode::kUnsupported,
      [&] { convert_to(work.path() + "/in", work.path() + "/out", quantize); }, "quantised");
  // Nor one that is quantised already.
  convert_to(bert(), work.path() + "/q8", quantize);
  expect_error(
      ErrorCode::kUnsupported,
      [&] { convert_to(work.path() + "/q8", work.path() + "/out", quantize); }, "I8");
  EXPECT_EQ(files_in(work.path()), (std::vector<std::string>{"in", "q8"}));
}

TEST(Convert, WritesNothingInADryRun) {
  const TemporaryFolder work;
  for (const std::string& output : {work.path() + "/out", std::string()}) {
    const ConvertReport report =
        convert_to(bert(), output, [](auto& options) { options.dry_run = true; });
    EXPECT_EQ(report.mapped.size(), load_folder(bert())->named_parameters().size());
    EXPECT_NE(report.mapping().find("classifier.weight"), std::string::npos);
    EXPECT_TRUE(report.files.empty());
  }
  EXPECT_TRUE(files_in(work.path()).empty());
}

TEST(Convert, CopiesTheTokenizerAndNothingElse) {
  const TemporaryFolder work;
  fs::copy(bert(), work.path() + "/in");
  for (const char* name : {"vocab.txt", "tokenizer_config.json", "README.md", "train.index.txt"})
    std::ofstream(concat(work.path(), "/in/", name)) << name;
  const ConvertReport report = convert_to(work.path() + "/in", work.path() + "/out");
  const std::vector<std::string> expected{"config.json", "model.safetensors",
                                          "tokenizer_config.json", "vocab.txt"};
  EXPECT_EQ(files_in(work.path() + "/out"), expected);
  EXPECT_EQ(report.files, expected);
  EXPECT_EQ(read_text(*open_file(work.path() + "/out/vocab.txt")), "vocab.txt");
}

TEST(Convert, RefusesAnOutputThatExists) {
  const TemporaryFolder work;
  std::ofstream(work.path() + "/file") << "x";
  expect_error(
      ErrorCode::kInvalidArgument, [&] { convert_to(bert(), work.path()); }, work.path(), "exists");
  expect_error(
      ErrorCode::kInvalidArgument, [&] { convert_to(bert(), work.path() + "/file"); }, "file",
      "exists");
  EXPECT_EQ(files_in(work.path()), std::vector<std::string>{"file"});
  // An empty folder is taken, and folders above are made.
  fs::create_directory(work.path() + "/empty");
  convert_to(bert(), work.path() + "/empty/");
  EXPECT_TRUE(fs::exists(work.path() + "/empty/config.json"));
  convert_to(bert(), work.path() + "/a/b/c");
  EXPECT_TRUE(fs::exists(work.path() + "/a/b/c/model.safetensors"));
}

TEST(Convert, LeavesNothingBehindAnError) {
  const TemporaryFolder work;
  const std::string in = work.path() + "/in";
  fs::copy(bert(), in);
  // In the middle of the work.
  int calls = 0;
  const auto stop = [&](ConvertOptions& options) {
    options.progress = [&](const convert::ConvertProgress& progress) {
      EXPECT_LE(progress.done, progress.total);
      if (++calls == 3) throw Error(ErrorCode::kIo, "Stop.");
    };
  };
  expect_error(
      ErrorCode::kIo, [&] { convert_to(in, work.path() + "/x/y/out", stop); }, "Stop.");
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(files_in(work.path()), std::vector<std::string>{"in"});
  // A file that is shorter than its header says.
  fs::resize_file(in + "/model.safetensors", fs::file_size(in + "/model.safetensors") - 4);
  expect_error(
      ErrorCode::kCorruptFile, [&] { convert_to(in, work.path() + "/out"); }, "model.safetensors");
  // A config that is none.
  std::ofstream(in + "/config.json") << "{";
  expect_error(ErrorCode::kCorruptFile, [&] { convert_to(in, work.path() + "/out"); });
  EXPECT_EQ(files_in(work.path()), std::vector<std::string>{"in"});
}

TEST(Convert, NamesWhatDoesNotFit) {
  const TemporaryFolder work;
  const auto labels = [](ConvertOptions& options) { options.num_labels = 7; };
  expect_error(
      ErrorCode::kInvalidArgument, [&] { convert_to(bert(), work.path() + "/out", labels); },
      "classifier", "--num-labels");
  const ConvertReport report = convert_to(bert(), "", [](auto& options) {
    options.num_labels = 7;
    options.dry_run = true;
  });
  EXPECT_FALSE(report.fits());
  EXPECT_EQ(report.mismatched.size(), 2u);
  EXPECT_EQ(report.to_json().at("mismatched").size(), 2u);
  // Half of a model.
  expect_error(ErrorCode::kNotFound, [&] {
    convert_to(bert(), work.path() + "/out",
               [](auto& options) { options.prefix = "bert.encoder.layer.0."; });
  });
  expect_error(
      ErrorCode::kNotFound,
      [&] {
        convert_to(bert(), work.path() + "/out", [](auto& options) { options.prefix = "nothing"; });
      },
      "nothing");
  EXPECT_TRUE(files_in(work.path()).empty());
}

TEST(Convert, TakesTensorsAlone) {
  const TemporaryFolder work;
  const std::string input = fixtures_path("models/bert/inputs.safetensors");
  const ConvertReport report = convert_to(input, work.path() + "/out", [](auto& options) {
    options.tensors_only = true;
    options.verify = true;
  });
  EXPECT_EQ(files_in(work.path() + "/out"), std::vector<std::string>{"model.safetensors"});
  const auto expected = load_tensors(input);
  const auto actual = load_tensors(work.path() + "/out/model.safetensors");
  ASSERT_EQ(actual.size(), expected.size());
  for (const auto& [name, tensor] : expected) {
    EXPECT_EQ(actual.at(name).shape(), tensor.shape());
    EXPECT_TRUE(std::ranges::equal(actual.at(name).bytes(), tensor.bytes())) << name;
  }
  EXPECT_EQ(report.model_type, "");
  // Of a prefix, without it.
  const auto& first = expected.begin()->first;
  const std::string prefix = first.substr(0, first.find('.') + 1);
  const ConvertReport part = convert_to(input, work.path() + "/part", [&](auto& options) {
    options.tensors_only = true;
    options.prefix = prefix;
  });
  EXPECT_LT(part.mapped.size(), expected.size());
  EXPECT_TRUE(expected.contains(prefix + part.mapped.front().name));
}

void write_one(const std::string& path, DType dtype, const std::vector<double>& values) {
  Tensor tensor(dtype, {static_cast<std::int64_t>(values.size())});
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto single = static_cast<float>(values[i]);
    if (dtype == DType::kF64) std::memcpy(tensor.bytes().data() + 8 * i, &values[i], 8);
    if (dtype == DType::kF32) std::memcpy(tensor.bytes().data() + 4 * i, &single, 4);
  }
  FileWriter file(path);
  write_safetensors({{"x", dtype, tensor.shape(), [&] { return tensor; }}},
                    [&](std::span<const std::byte> bytes) { file.write(bytes); });
  file.commit();
}

TEST(Convert, RefusesValuesThatTheTypeCannotHold) {
  const TemporaryFolder work;
  const std::string input = work.path() + "/x.safetensors";
  const auto to = [&](DType dtype) {
    fs::remove_all(work.path() + "/out");
    return convert_to(input, work.path() + "/out", [&](auto& options) {
      options.tensors_only = true;
      options.dtype = dtype;
      options.verify = true;
    });
  };
  write_one(input, DType::kF32, {1, 65519, -3e-8, 1e-45, 0});
  EXPECT_TRUE(to(DType::kF16).verified);
  write_one(input, DType::kF32, {1, -65520});
  expect_error(
      ErrorCode::kInvalidArgument, [&] { to(DType::kF16); }, "\"x\"", "-65520", "element 1", "F16");
  EXPECT_TRUE(to(DType::kBF16).verified);
  write_one(input, DType::kF32, {3.4e38});
  expect_error(
      ErrorCode::kInvalidArgument, [&] { to(DType::kBF16); }, "BF16");
  write_one(input, DType::kF64, {1, 1e300});
  expect_error(
      ErrorCode::kInvalidArgument, [&] { to(DType::kF32); }, "F32");
  // What is no number already is taken as it is.
  write_one(input, DType::kF64, {INFINITY, -INFINITY, NAN, 0.1});
  EXPECT_TRUE(to(DType::kF16).verified);
  write_one(input, DType::kF32, {INFINITY, NAN});
  EXPECT_TRUE(to(DType::kBF16).verified);
}

TEST(Input, OfSeveralIndicesTheNewestOrNone) {
  const TemporaryFolder work;
  std::string source;
  for (const std::string& folder : checkpoint_folders("tf1")) {
    if (folder.find("bert__classifier") != std::string::npos) source = fixtures_path(folder);
  }
  const std::string folder = work.path() + "/in";
  fs::create_directory(folder);
  for (const char* name : {"a.ckpt-1.index", "a.ckpt-2.index"})
    std::ofstream(concat(folder, "/", name)) << "x";
  expect_error(
      ErrorCode::kInvalidArgument, [&] { convert::find_input(folder); }, "a.ckpt-1.index",
      "a.ckpt-2.index");
  std::ofstream(folder + "/checkpoint") << "all_model_checkpoint_paths: \"a.ckpt-2\"\n";
  expect_error(ErrorCode::kInvalidArgument, [&] { convert::find_input(folder); });
  std::ofstream(folder + "/checkpoint") << "model_checkpoint_path: \"/elsewhere/a.ckpt-1\"\n"
                                           "all_model_checkpoint_paths: \"a.ckpt-2\"\n";
  EXPECT_EQ(convert::find_input(folder).file, "a.ckpt-1.index");
  std::ofstream(folder + "/checkpoint") << "model_checkpoint_path: \"gone\"\n";
  expect_error(ErrorCode::kInvalidArgument, [&] { convert::find_input(folder); });
}

TEST(Input, OnlyKnownFilesOfAFolderCount) {
  const TemporaryFolder work;
  fs::copy(bert() + "/model.safetensors", work.path() + "/other.safetensors");
  fs::copy(bert() + "/config.json", work.path() + "/config.json");
  expect_error(
      ErrorCode::kNotFound, [&] { convert::find_input(work.path()); }, work.path(),
      "model.safetensors", "*.index", "params_0.npy");
  expect_error(
      ErrorCode::kNotFound, [&] { convert::find_input(work.path() + "/none"); }, "none");
  EXPECT_EQ(convert::find_input(work.path() + "/other.safetensors").file, "other.safetensors");
}

TEST(Input, ContentDecides) {
  const TemporaryFolder work;
  fs::copy(bert(), work.path() + "/in");
  fs::rename(work.path() + "/in/model.safetensors", work.path() + "/in/pytorch_model.bin");
  const ConvertReport report = convert_to(work.path() + "/in", work.path() + "/out");
  EXPECT_EQ(report.kind, "safetensors");
  std::ofstream(work.path() + "/text") << "Version https://git-lfs.github.com/spec/v1\n";
  expect_error(
      ErrorCode::kUnsupported, [&] { convert_to(work.path() + "/text", work.path() + "/no"); },
      "text", "safetensors", ".h5");
  std::ofstream(work.path() + "/empty").flush();
  expect_error(
      ErrorCode::kUnsupported, [&] { convert_to(work.path() + "/empty", work.path() + "/no"); },
      "empty");
}

}  // namespace
}  // namespace verdict::testing

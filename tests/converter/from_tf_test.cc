// `from_tf` and `from_flax` of AutoModel: every folder of checkpoints/ answers as its source model,
// by the file that its meta.json names and, where the reference finds it there, by its folder.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "support/checkpoints.h"
#include "support/errors.h"

namespace verdict::testing {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> foreign_folders() {
  std::vector<std::string> out;
  for (std::string& name : all_checkpoint_folders()) {
    const CheckpointFolder folder(name);
    if (folder.meta.at("kind") != "pytorch" && folder.is_registered())
      out.push_back(std::move(name));
  }
  return out;
}

/// A file of weights that the folder's meta.json names, or the folder where it is numpy's.
std::string weights_of(const CheckpointFolder& folder) {
  const std::string path = concat(folder.path, "/", folder.meta.value("checkpoint", ""));
  for (const char* ending : {"", ".index", ".index.json"}) {
    if (fs::is_regular_file(path + ending)) return path + ending;
  }
  for (const char* name : {"tf_model.h5", "tf_model.h5.index.json", "flax_model.msgpack",
                           "flax_model.msgpack.index.json", "model.safetensors"}) {
    if (fs::is_regular_file(concat(folder.path, "/", name))) return concat(folder.path, "/", name);
  }
  return folder.path;
}

class ForeignFolder : public ::testing::TestWithParam<std::string> {
 protected:
  static FromPretrainedOptions options_for(const CheckpointFolder& folder) {
    FromPretrainedOptions options;
    options.config = folder.config;
    options.from_flax = folder.meta.at("kind") == "flax";
    options.from_tf = !options.from_flax;
    return options;
  }
};

TEST_P(ForeignFolder, AnswersAsItsSource) {
  const CheckpointFolder folder(GetParam());
  const auto model =
      AutoModelForSequenceClassification::from_pretrained(weights_of(folder), options_for(folder));
  expect_answers(folder, *model);
}

TEST_P(ForeignFolder, IsFoundAsTheReferenceFindsIt) {
  const CheckpointFolder folder(GetParam());
  bool is_usual = false;
  for (const char* name :
       {"model.ckpt.index", "tf_model.h5", "tf_model.h5.index.json", "model.safetensors",
        "flax_model.msgpack", "flax_model.msgpack.index.json"}) {
    is_usual = is_usual || fs::exists(concat(folder.path, "/", name));
  }
  FromPretrainedOptions options = options_for(folder);
  options.config.reset();
  const auto load = [&] {
    return AutoModelForSequenceClassification::from_pretrained(folder.path, options);
  };
  if (is_usual) {
    expect_answers(folder, *load());
  } else {
    expect_error(ErrorCode::kNotFound, load, folder.path, "no weights of TensorFlow",
                 "model.ckpt.index");
  }
}

INSTANTIATE_TEST_SUITE_P(Checkpoints, ForeignFolder, ::testing::ValuesIn(foreign_folders()),
                         checkpoint_test_name);

/// A copy of the first folder of a kind whose name has `part`.
std::string copied(const TemporaryFolder& work, const std::string& kind, const std::string& part) {
  for (const std::string& folder : checkpoint_folders(kind)) {
    if (folder.find(part) == std::string::npos) continue;
    fs::copy(fixtures_path(folder), work.path() + "/model", fs::copy_options::recursive);
    return work.path() + "/model";
  }
  throw std::runtime_error("no folder of " + kind);
}

TEST(FromTf, TakesTheExampleOfTheReferencesDocumentation) {
  const TemporaryFolder work;
  const std::string folder = copied(work, "tf1", "/bert__classifier");
  std::string prefix;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".index") prefix = entry.path().stem();
  }
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename();
    if (starts_with(name, prefix + "."))
      fs::rename(entry.path(),
                 concat(folder, "/bert_tf_checkpoint.ckpt", name.substr(prefix.size())));
  }
  // Without model_type the file's name tells it, as in the reference.
  nlohmann::json json = parse_json(read_text(*open_file(folder + "/config.json")), "config.json");
  json.erase("model_type");
  std::ofstream(folder + "/bert_tf_model_config.json") << json;
  fs::remove(folder + "/config.json");

  const PretrainedConfig config =
      AutoConfig::from_pretrained(folder + "/bert_tf_model_config.json");
  FromPretrainedOptions options;
  options.from_tf = true;
  options.config = config;
  for (const char* name : {"/bert_tf_checkpoint.ckpt.index", "/bert_tf_checkpoint.ckpt"}) {
    const auto model = AutoModelForSequenceClassification::from_pretrained(folder + name, options);
    EXPECT_EQ(model->class_name(), "BertForSequenceClassification");
    EXPECT_FALSE(model->load_report().has_new_parameters());
  }
  options.config.reset();
  expect_error(
      ErrorCode::kNotFound,
      [&] {
        AutoModelForSequenceClassification::from_pretrained(
            folder + "/bert_tf_checkpoint.ckpt.index", options);
      },
      "bert_tf_checkpoint.ckpt.index", "config");
}

TEST(FromTf, IsAskedForWhereItIsNeeded) {
  const TemporaryFolder work;
  const std::string folder = copied(work, "tf1", "/bert__classifier");
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".index") continue;
    for (const std::string& path :
         {entry.path().string(), (entry.path().parent_path() / entry.path().stem()).string()}) {
      expect_error(
          ErrorCode::kInvalidArgument,
          [&] { AutoModelForSequenceClassification::from_pretrained(path); }, ".index",
          "TensorFlow", "from_tf");
    }
  }
}

TEST(FromTf, IsRefusedForPyTorch) {
  const std::string folder = fixtures_path("models/bert");
  FromPretrainedOptions options;
  options.from_tf = true;
  expect_error(
      ErrorCode::kInvalidArgument,
      [&] { AutoModelForSequenceClassification::from_pretrained(folder, options); },
      "model.safetensors", "PyTorch", "Leave from_tf out");
  options.from_tf = false;
  options.from_flax = true;
  expect_error(
      ErrorCode::kNotFound,
      [&] { AutoModelForSequenceClassification::from_pretrained(folder, options); }, folder,
      "no weights of Flax", "PyTorch", "Leave from_flax out");
  options.from_tf = true;
  expect_error(
      ErrorCode::kInvalidArgument,
      [&] { AutoModelForSequenceClassification::from_pretrained(folder, options); }, "from_tf",
      "from_flax");
}

TEST(FromTf, IsToldFromFlax) {
  FromPretrainedOptions options;
  options.from_tf = true;
  const std::string flax = fixtures_path(checkpoint_folders("flax").front());
  expect_error(
      ErrorCode::kNotFound,
      [&] { AutoModelForSequenceClassification::from_pretrained(flax, options); }, "TensorFlow",
      "Use from_flax instead of from_tf");
}

// The reference loads such files by their metadata, whatever from_tf says.
TEST(FromTf, IsNotNeededForSafetensors) {
  for (const std::string& name : checkpoint_folders("tf_safetensors")) {
    const CheckpointFolder folder(name);
    const auto model = AutoModelForSequenceClassification::from_pretrained(folder.path);
    expect_answers(folder, *model);
  }
}

}  // namespace
}  // namespace verdict::testing

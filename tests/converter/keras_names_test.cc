#include <gtest/gtest.h>

#include "converter/keras_files.h"
#include "support/models.h"
#include "verdict_convert/names/names.h"

namespace verdict::testing {
namespace {

using convert::NameMap;

/// What a mapped checkpoint must be, whether Verdict runs its type or not.
void expect_checkpoint(const CheckpointFolder& folder, std::unique_ptr<CheckpointReader> stored,
                       NameMap map) {
  const auto mapped = convert::mapped_checkpoint(std::move(stored), std::move(map));
  if (folder.is_registered()) {
    const auto model = load_checkpoint(folder.config, *mapped);
    EXPECT_TRUE(model->load_report().unexpected_keys.empty())
        << quoted_list(model->load_report().unexpected_keys);
    expect_answers(folder, *model);
    return;
  }
  // The source model, which has a head.
  const std::string source = model_path(folder.type) + "/model.safetensors";
  std::map<std::string, std::vector<std::int64_t>> actual;
  for (const TensorInfo& info : mapped->tensors()) actual.emplace(info.name, info.shape);
  EXPECT_EQ(actual.size(), mapped->tensors().size());
  read_all(*mapped);
  if (!std::filesystem::exists(source)) return;
  std::map<std::string, std::vector<std::int64_t>> expected;
  for (const TensorInfo& info : read_safetensors_header(*open_file(source)).tensors)
    expected.emplace(info.name, info.shape);
  EXPECT_EQ(actual, expected);
}

std::vector<ExpectedParameter> expected_of(const CheckpointFolder& folder) {
  return folder.is_registered() ? expected_parameters(folder.config)
                                : std::vector<ExpectedParameter>();
}

std::vector<std::string> names_of(const CheckpointReader& reader) {
  std::vector<std::string> names;
  for (const TensorInfo& info : reader.tensors()) names.push_back(info.name);
  return names;
}

class KerasNames : public ::testing::TestWithParam<std::string> {};

TEST_P(KerasNames, GiveTheSourceModel) {
  const CheckpointFolder folder(GetParam());
  auto weights = open_keras_folder(folder.path);
  const auto expected = expected_of(folder);
  NameMap map = convert::map_keras(names_of(*weights.reader), weights.reader->tensors(),
                                   weights.class_level, {folder.config, expected});
  for (const convert::SkippedTensor& skipped : map.skipped) {
    EXPECT_NE(skipped.reason, convert::SkipReason::kUnknown)
        << weights.reader->tensors()[skipped.stored].name;
  }
  expect_checkpoint(folder, std::move(weights.reader), std::move(map));
}

INSTANTIATE_TEST_SUITE_P(H5, KerasNames, ::testing::ValuesIn(checkpoint_folders("h5")),
                         checkpoint_test_name);

class KerasSafetensors : public ::testing::TestWithParam<std::string> {};

TEST_P(KerasSafetensors, GiveTheSourceModel) {
  const CheckpointFolder folder(GetParam());
  auto reader = open_checkpoint(*open_folder(folder.path));
  const auto expected = expected_of(folder);
  NameMap map =
      convert::map_keras(names_of(*reader), reader->tensors(), false, {folder.config, expected});
  expect_checkpoint(folder, std::move(reader), std::move(map));
}

INSTANTIATE_TEST_SUITE_P(Safetensors, KerasSafetensors,
                         ::testing::ValuesIn(checkpoint_folders("tf_safetensors")),
                         checkpoint_test_name);

}  // namespace
}  // namespace verdict::testing

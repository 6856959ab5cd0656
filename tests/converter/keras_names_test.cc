#include <gtest/gtest.h>

#include "converter/keras_files.h"
#include "verdict_convert/names/names.h"

namespace verdict::testing {
namespace {

class KerasNames : public ::testing::TestWithParam<std::string> {};

TEST_P(KerasNames, GiveTheSourceModel) {
  const CheckpointFolder folder(GetParam());
  auto weights = open_keras_folder(folder.path);
  const auto expected = expected_of(folder);
  convert::NameMap map = convert::map_keras(names_of(*weights.reader), weights.reader->tensors(),
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
  convert::NameMap map =
      convert::map_keras(names_of(*reader), reader->tensors(), false, {folder.config, expected});
  expect_checkpoint(folder, std::move(reader), std::move(map));
}

INSTANTIATE_TEST_SUITE_P(Safetensors, KerasSafetensors,
                         ::testing::ValuesIn(checkpoint_folders("tf_safetensors")),
                         checkpoint_test_name);

}  // namespace
}  // namespace verdict::testing

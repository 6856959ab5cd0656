// Names of TensorFlow's checkpoints: every case of checkpoints/tf1 and tf2 maps to the parameters
// of its model, and where the data are there it answers as its source model did.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "support/bundles.h"
#include "support/errors.h"
#include "verdict_convert/formats/numpy_parameters.h"
#include "verdict_convert/name_map.h"
#include "verdict_convert/names/names.h"
#include "verdict_convert/original_config.h"

namespace verdict::testing {
namespace {

using convert::NameMap;
using convert::SkipReason;
using Shapes = std::map<std::string, std::vector<std::int64_t>>;

bool is_registered(const std::string& type) {
  return std::ranges::find(model_types(), type, &ModelType::name) != model_types().end();
}

/// The parameters of a case's classifier, as far as this machine knows them: of the model, or of
/// the reference's fixture of the same type; empty: of neither.
Shapes known_parameters(const PretrainedConfig& config) {
  Shapes shapes;
  const std::string type = config.model_type();
  if (is_registered(type)) {
    for (const ExpectedParameter& parameter : expected_parameters(config))
      shapes[parameter.name] = parameter.shape;
    return shapes;
  }
  const std::string file = fixtures_path(concat("models/", type, "/model.safetensors"));
  if (!std::filesystem::exists(file)) return shapes;
  for (const TensorInfo& tensor : read_safetensors_header(*open_file(file)).tensors)
    shapes[tensor.name] = tensor.shape;
  return shapes;
}

struct MappedCase {
  NameMap map;
  std::unique_ptr<CheckpointReader> reader;
};

MappedCase map_bundle(convert::TensorBundle bundle, const PretrainedConfig& config) {
  std::vector<ExpectedParameter> expected;
  if (is_registered(config.model_type())) expected = expected_parameters(config);
  const convert::Naming naming{config, expected};
  const auto stored = bundle.reader->tensors();
  NameMap map = bundle.object_based ? convert::map_tensorflow2(stored, bundle.full_names, naming)
                                    : convert::map_tensorflow1(stored, naming);
  EXPECT_FALSE(map.mapped.empty());
  return {map, mapped_checkpoint(std::move(bundle.reader), map)};
}

/// Every parameter of the base model, and the head where the file holds it, with its shape; nothing
/// that the model lacks.
void expect_parameters(std::span<const TensorInfo> tensors, Shapes known,
                       const std::vector<std::string>& newly_initialised) {
  for (const TensorInfo& tensor : tensors) {
    const auto found = known.find(tensor.name);
    if (found == known.end()) {
      ADD_FAILURE() << "invented or twice: " << tensor.name;
      continue;
    }
    EXPECT_EQ(tensor.shape, found->second) << tensor.name;
    known.erase(found);
  }
  std::vector<std::string> missing;
  for (const auto& [name, shape] : known) missing.push_back(name);
  auto expected = newly_initialised;
  std::ranges::sort(expected);
  EXPECT_EQ(missing, expected);
}

class TensorFlowNames : public ::testing::TestWithParam<std::string> {};

TEST_P(TensorFlowNames, AreTheModelsParameters) {
  const BundleCase checkpoint(GetParam());
  const auto config = PretrainedConfig::from_json(checkpoint.config);
  auto bundle = checkpoint.open();
  const std::size_t count = bundle.reader->tensors().size();
  std::vector<std::string> names;
  for (const TensorInfo& tensor : bundle.reader->tensors()) names.push_back(tensor.name);
  const MappedCase mapped = map_bundle(std::move(bundle), config);
  const auto missing = checkpoint.meta.value("newly_initialised", std::vector<std::string>());
  if (const Shapes known = known_parameters(config); !known.empty()) {
    expect_parameters(mapped.reader->tensors(), known, missing);
  }
  for (const TensorInfo& tensor : mapped.reader->tensors())
    EXPECT_EQ(std::ranges::count(missing, tensor.name), 0) << tensor.name;

  // Each stored tensor is mapped or skipped, for a reason.
  std::set<std::size_t> seen;
  for (const convert::MappedTensor& tensor : mapped.map.mapped) seen.insert(tensor.stored);
  for (const convert::SkippedTensor& skipped : mapped.map.skipped) {
    EXPECT_TRUE(seen.insert(skipped.stored).second) << names[skipped.stored];
    const std::string& name = names[skipped.stored];
    const bool is_leftover = starts_with(name, "training/");
    EXPECT_EQ(skipped.reason == SkipReason::kUnknown, is_leftover) << name;
    const bool is_original_head =
        starts_with(name, "task_specific/") || starts_with(name, "bert/classifier/");
    EXPECT_EQ(skipped.reason == SkipReason::kUnrepresentable, is_original_head) << name;
  }
  EXPECT_EQ(seen.size(), count);
}

TEST_P(TensorFlowNames, AnswerAsTheSourceModel) {
  const BundleCase checkpoint(GetParam());
  if (!checkpoint.has_data) return;
  const CheckpointFolder folder(GetParam());
  if (!folder.is_registered()) return;
  const MappedCase mapped = map_bundle(checkpoint.open(), folder.config);
  expect_answers(folder, *load_checkpoint(folder.config, *mapped.reader));
}

INSTANTIATE_TEST_SUITE_P(All, TensorFlowNames, ::testing::ValuesIn(bundle_cases()),
                         bundle_test_name);

}  // namespace
}  // namespace verdict::testing

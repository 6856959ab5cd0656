// Options of configs, one by one, against the reference: tests/fixtures/config_options.json has its
// logits of the folders' case "main" (make_config_options.py).
#include <gtest/gtest.h>

#include "support/fixture_folders.h"

namespace verdict::testing {
namespace {

using nlohmann::json;

const json& reference() {
  static const json all = [] {
    const std::string path = root_path("tests/fixtures/config_options.json");
    return parse_json(read_text(*open_file(path)), path);
  }();
  return all;
}

Tensor position_ids(const json& rows) {
  Tensor tensor(DType::kI64, {static_cast<std::int64_t>(rows.size()),
                              static_cast<std::int64_t>(rows.at(0).size())});
  auto to = tensor.i64().begin();
  for (const json& row : rows) to = std::ranges::copy(row.get<std::vector<std::int64_t>>(), to).out;
  return tensor;
}

Tensor logits(const json& rows) {
  Tensor tensor(DType::kF32, {static_cast<std::int64_t>(rows.size()),
                              static_cast<std::int64_t>(rows.at(0).size())});
  auto to = tensor.f32().begin();
  for (const json& row : rows) to = std::ranges::copy(row.get<std::vector<float>>(), to).out;
  return tensor;
}

class ConfigOptions : public ::testing::TestWithParam<std::string> {};

TEST_P(ConfigOptions, AgreeWithTheReference) {
  const FixtureFolder folder("models/" + GetParam());
  for (const json& expected : reference()) {
    if (expected.at("folder") != GetParam()) continue;
    json config = AutoConfig::from_pretrained(folder.path).to_json();
    config.update(expected.at("config"));
    FromPretrainedOptions options;
    options.config = PretrainedConfig::from_json(config);
    options.dtype = "f32";
    ModelInputs inputs = folder.case_inputs("main");
    if (expected.contains("position_ids"))
      inputs.insert_or_assign("position_ids", position_ids(expected["position_ids"]));
    expect_close(expected.contains("position_ids") ? "position_ids" : expected.at("config").dump(),
                 AutoModelForSequenceClassification::from_pretrained(folder.path, options)
                     ->forward(inputs)
                     .logits,
                 logits(expected.at("logits")));
  }
}

std::vector<std::string> folders() {
  std::vector<std::string> names;
  for (const json& expected : reference()) {
    const std::string name = expected.at("folder");
    if (names.empty() || names.back() != name) names.push_back(name);
  }
  return names;
}

INSTANTIATE_TEST_SUITE_P(Folders, ConfigOptions, ::testing::ValuesIn(folders()), test_name);

}  // namespace
}  // namespace verdict::testing

// Every folder of the reference's fixtures whose model type is registered: logits of all cases,
// hidden states, attentions and losses.
#include "support/fixtures.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "verdict/auto/auto_model.h"
#include "verdict/base/json.h"
#include "verdict/checkpoint/checkpoint_reader.h"
#include "verdict/models/registry.h"

namespace verdict::testing {
namespace {

using Tensors = std::map<std::string, Tensor, std::less<>>;

bool is_registered(const std::string& type) {
  return std::ranges::any_of(model_types(),
                             [&](const ModelType& known) { return known.name == type; });
}

std::vector<std::string> registered_folders() {
  std::vector<std::string> folders;
  for (const std::string& folder : subfolders(fixtures_path("models"))) {
    const std::string type = folder.substr(0, folder.find("__"));
    if (is_registered(type)) folders.push_back(folder);
  }
  return folders;
}

/// The tensors below "<case>." without that prefix.
ModelInputs case_inputs(const Tensors& inputs, const std::string& name) {
  ModelInputs out;
  for (const auto& [key, tensor] : inputs) {
    if (starts_with(key, name + ".")) out.emplace(key.substr(name.size() + 1), tensor);
  }
  return out;
}

class Fixtures : public ::testing::TestWithParam<std::string> {
 protected:
  Fixtures()
      : folder_(fixtures_path("models/" + GetParam())),
        inputs_(load_tensors(folder_ + "/inputs.safetensors")),
        expected_(load_tensors(folder_ + "/expected.safetensors")),
        meta_(parse_json(read_text(*open_file(folder_ + "/meta.json")), "meta.json")) {}

  std::unique_ptr<SequenceClassifier> load(
      const nlohmann::json& kwargs = nlohmann::json::object()) {
    FromPretrainedOptions options;
    options.kwargs = kwargs;
    return AutoModelForSequenceClassification::from_pretrained(folder_, options);
  }

  /// Compares requested states of a case where the token's (the query's) mask is 1.
  void expect_states(const std::string& name, const std::string& group,
                     const std::vector<Tensor>& actual, const Tensor* mask) {
    std::size_t recorded = 0;
    while (expected_.contains(concat(name, ".", group, ".", recorded))) ++recorded;
    if (recorded == 0) return;
    ASSERT_EQ(actual.size(), recorded) << group;
    for (std::size_t i = 0; i < recorded; ++i)
      expect_state(concat(name, ".", group, ".", i), actual[i], mask);
  }

  void expect_state(const std::string& key, const Tensor& actual, const Tensor* mask) {
    if (!expected_.contains(key)) return;
    const Tensor& expected = expected_.at(key);
    double largest = 1;
    for (const float x : expected.f32()) largest = std::max(largest, double{std::fabs(x)});
    const auto& shape = expected.shape();
    const auto last = static_cast<std::size_t>(shape.back());
    const auto width = static_cast<std::size_t>(shape[shape.size() - 2]);
    const std::size_t row_size = expected.size() / static_cast<std::size_t>(shape[0]);
    expect_close(key, actual, expected, 1e-5 * largest, [&](std::size_t element) {
      const std::size_t token = element / last % width;
      return mask == nullptr || mask->i64()[element / row_size * width + token] == 1;
    });
  }

  double expected_loss(const std::string& name) {
    const Tensor& loss = expected_.at("loss." + name);
    double value = 0;
    std::memcpy(&value, loss.bytes().data(), sizeof(value));
    return value;
  }

  std::string folder_;
  Tensors inputs_;
  Tensors expected_;
  nlohmann::json meta_;
};

TEST_P(Fixtures, LogitsAndStates) {
  const auto model = load();
  EXPECT_EQ(model->class_name(), meta_["class"].get<std::string>());
  EXPECT_FALSE(model->load_report().has_new_parameters()) << model->load_report().to_string();
  for (const auto& [name, unused] : meta_["cases"].items()) {
    const ModelInputs arguments = case_inputs(inputs_, name);
    ASSERT_FALSE(arguments.empty()) << name;
    expect_close(name + ".logits", model->forward(arguments).logits,
                 expected_.at(name + ".logits"));

    ForwardOptions everything;
    everything.output_hidden_states = everything.output_attentions = true;
    const auto output = model->forward(arguments, everything);
    expect_close(name + ".logits", output.logits, expected_.at(name + ".logits"));
    const auto mask = arguments.find("attention_mask");
    const Tensor* mask_tensor = mask == arguments.end() ? nullptr : &mask->second;
    for (const auto& [group, tensors] : output.states)
      expect_states(name, group, tensors, mask_tensor);
    for (const auto& [field, tensor] : output.tensors)
      expect_state(concat(name, ".", field), tensor, mask_tensor);
    // What the reference gives, we give.
    for (const auto& [key, unused_tensor] : expected_) {
      if (!starts_with(key, name + ".")) continue;
      const std::string field = key.substr(name.size() + 1);
      EXPECT_TRUE(field == "logits" || output.tensors.contains(field) ||
                  output.states.contains(field.substr(0, field.find('.'))))
          << key;
    }
  }
}

TEST_P(Fixtures, Losses) {
  for (const auto& [key, labels] : inputs_) {
    if (!starts_with(key, "labels.") || key == "labels.regression1") continue;
    const std::string problem_type = key.substr(7);
    const auto model = load({{"problem_type", problem_type}});
    ModelInputs arguments = case_inputs(inputs_, "main");
    arguments.emplace("labels", labels);
    const double expected = expected_loss(problem_type);
    EXPECT_NEAR(model->forward(arguments).loss.value(), expected, 1e-5 + 1e-4 * std::fabs(expected))
        << problem_type;
  }
}

/// One label: the head's first row.
TEST_P(Fixtures, SingleOutputRegression) {
  if (!expected_.contains("regression1.logits")) return;
  FromPretrainedOptions options;
  options.kwargs = {{"num_labels", 1}};
  options.ignore_mismatched_sizes = true;
  const auto fresh = AutoModelForSequenceClassification::from_pretrained(folder_, options);
  const auto& cut = fresh->load_report().mismatched_keys;
  ASSERT_FALSE(cut.empty());

  std::map<std::string, Tensor> state_dict;
  for (const auto& [name, stored] : load_tensors(folder_ + "/model.safetensors")) {
    const bool is_cut = std::ranges::any_of(
        cut, [&, stored_name = name](const MismatchedKey& key) { return key.name == stored_name; });
    if (!is_cut) {
      state_dict.emplace(name, stored);
      continue;
    }
    auto shape = stored.shape();
    const auto row_bytes = stored.bytes().size() / static_cast<std::size_t>(shape[0]);
    shape[0] = 1;
    Tensor row(stored.dtype(), shape);
    std::copy_n(stored.bytes().begin(), row_bytes, row.bytes().begin());
    state_dict.emplace(name, std::move(row));
  }
  options.ignore_mismatched_sizes = false;
  options.state_dict = std::move(state_dict);
  const auto model = AutoModelForSequenceClassification::from_pretrained(folder_, options);
  ModelInputs arguments = case_inputs(inputs_, "main");
  arguments.emplace("labels", inputs_.at("labels.regression1"));
  const auto output = model->forward(arguments);
  expect_close("regression1.logits", output.logits, expected_.at("regression1.logits"));
  const double expected = expected_loss("regression1");
  EXPECT_NEAR(output.loss.value(), expected, 1e-5 + 1e-4 * std::fabs(expected));
  EXPECT_EQ(model->config().problem_type(), ProblemType::kRegression);
}

TEST_P(Fixtures, RightPaddingChangesNothing) {
  const auto model = load();
  const ModelInputs batch = case_inputs(inputs_, "main");
  const Tensor all = model->forward(batch).logits;
  const Tensor& mask = batch.at("attention_mask");
  const std::int64_t width = mask.shape()[1];
  for (std::int64_t row = 0; row < mask.shape()[0]; ++row) {
    std::int64_t length = 0;
    while (length < width && mask.i64()[static_cast<std::size_t>(row * width + length)] == 1)
      ++length;
    ModelInputs alone;
    for (const auto& [name, tensor] : batch) {
      if (tensor.shape() != mask.shape()) continue;
      alone.emplace(name, Tensor::from_i64({1, length}, tensor.i64().subspan(
                                                            static_cast<std::size_t>(row * width),
                                                            static_cast<std::size_t>(length))));
    }
    const auto labels = static_cast<std::size_t>(all.shape()[1]);
    const Tensor expected = Tensor::from_f32(
        {1, all.shape()[1]}, all.f32().subspan(static_cast<std::size_t>(row) * labels, labels));
    expect_close(concat("row ", row), model->forward(alone).logits, expected);
  }
}

INSTANTIATE_TEST_SUITE_P(Models, Fixtures, ::testing::ValuesIn(registered_folders()),
                         [](const auto& folder) {
                           std::string name = folder.param;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

/// Every registered type is covered by at least one folder.
TEST(FixtureFolders, EveryTypeHasOne) {
  const auto folders = registered_folders();
  for (const ModelType& type : model_types()) {
    EXPECT_TRUE(std::ranges::any_of(folders, [&](const std::string& folder) {
      return folder.substr(0, folder.find("__")) == type.name;
    })) << type.name;
  }
}

}  // namespace
}  // namespace verdict::testing

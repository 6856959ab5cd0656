// Every folder of the reference's fixtures whose model type is registered, in the spelling of
// transformers 5 (models) and in older ones (models_v4): logits of all cases, hidden states,
// attentions and losses.
#include <gtest/gtest.h>

#include <iomanip>
#include <iostream>
#include <set>

#include "support/fixture_folders.h"

namespace verdict::testing {
namespace {

/// What the run compared with the reference: one line a type at its end.
class Summary : public ::testing::Environment {
 public:
  void add(const FixtureFolder& folder, double worst) {
    Line& line = lines_[folder.type];
    if (line.folders.insert(folder.path).second) line.cases += folder.cases().size();
    line.worst = std::max(line.worst, worst);
  }

  void TearDown() override {
    for (const auto& [type, line] : lines_) {
      std::cout << type << ": folders " << line.folders.size() << ", cases " << line.cases
                << ", worst error " << std::setprecision(2) << line.worst
                << " of what is allowed\n";
    }
  }

 private:
  struct Line {
    std::set<std::string> folders;
    std::size_t cases = 0;
    double worst = 0;
  };
  std::map<std::string, Line> lines_;
};

Summary& summary() {
  static auto* const environment =
      static_cast<Summary*>(::testing::AddGlobalTestEnvironment(new Summary));
  return *environment;
}

class Fixtures : public ::testing::TestWithParam<std::string> {
 protected:
  Fixtures() : folder_(GetParam()) {}
  void TearDown() override { summary().add(folder_, worst_); }

  template <typename... Rest>
  void compare(const std::string& name, const Rest&... rest) {
    worst_ = std::max(worst_, expect_close(name, rest...));
  }

  /// Compares the recorded states of a case, of which the last is ours, where the token's (the
  /// query's) mask is 1.
  void expect_states(const std::string& name, const std::string& group,
                     const std::vector<Tensor>& actual, const Tensor* mask) {
    for (std::size_t i = 0; i < actual.size(); ++i)
      expect_state(concat(name, ".", group, ".", i), actual[i], mask);
    const auto recorded = std::ranges::count_if(folder_.expected, [&](const auto& entry) {
      return starts_with(entry.first, concat(name, ".", group, "."));
    });
    if (recorded > 0) {
      EXPECT_TRUE(folder_.expected.contains(concat(name, ".", group, ".", actual.size() - 1)))
          << group;
      EXPECT_FALSE(folder_.expected.contains(concat(name, ".", group, ".", actual.size())))
          << group;
    }
  }

  void expect_state(const std::string& key, const Tensor& actual, const Tensor* mask) {
    if (!folder_.expected.contains(key)) return;
    // Which states a class gives is the newest reference's to say, and its folders of the same
    // types record them; transformers 4 gave some before a norm that 5 gives behind it.
    if (starts_with(folder_.path, fixtures_path("models_v4"))) return;
    const Tensor& expected = folder_.expected.at(key);
    double largest = 1;
    for (const float x : expected.f32()) largest = std::max(largest, double{std::fabs(x)});
    const auto& shape = expected.shape();
    const auto last = static_cast<std::size_t>(shape.back());
    const auto width = static_cast<std::size_t>(shape[shape.size() - 2]);
    const std::size_t row_size = expected.size() / static_cast<std::size_t>(shape[0]);
    compare(key, actual, expected, 1e-5 * largest, [&](std::size_t element) {
      const std::size_t token = element / last % width;
      return mask == nullptr || mask->i64()[element / row_size * width + token] == 1;
    });
  }

  double expected_loss(const std::string& name) {
    return element(folder_.expected.at("loss." + name), 0);
  }

  FixtureFolder folder_;
  double worst_ = 0;
};

TEST_P(Fixtures, LogitsAndStates) {
  const auto model = folder_.load();
  EXPECT_EQ(model->class_name(), folder_.meta["class"].get<std::string>());
  EXPECT_FALSE(model->load_report().has_new_parameters()) << model->load_report().to_string();
  EXPECT_FALSE(folder_.cases().empty());
  for (const std::string& name : folder_.cases()) {
    const ModelInputs arguments = folder_.case_inputs(name);
    ASSERT_FALSE(arguments.empty()) << name;
    compare(name + ".logits", model->forward(arguments).logits,
            folder_.expected.at(name + ".logits"));

    ForwardOptions everything;
    everything.output_hidden_states = everything.output_attentions = true;
    const auto output = model->forward(arguments, everything);
    compare(name + ".logits", output.logits, folder_.expected.at(name + ".logits"));
    const auto mask = arguments.find("attention_mask");
    const Tensor* mask_tensor = mask == arguments.end() ? nullptr : &mask->second;
    for (const auto& [group, tensors] : output.states)
      expect_states(name, group, tensors, mask_tensor);
    for (const auto& [field, tensor] : output.tensors)
      expect_state(concat(name, ".", field), tensor, mask_tensor);
    // What the reference gives, we give.
    for (const auto& [key, unused_tensor] : folder_.expected) {
      if (!starts_with(key, name + ".")) continue;
      const std::string field = key.substr(name.size() + 1);
      EXPECT_TRUE(field == "logits" || output.tensors.contains(field) ||
                  output.states.contains(field.substr(0, field.find('.'))))
          << key;
    }
  }
}

/// A tensor [rows, …] `copies` times over.
Tensor repeated(const Tensor& tensor, std::int64_t copies) {
  std::vector<std::int64_t> shape = tensor.shape();
  shape[0] *= copies;
  Tensor out(tensor.dtype(), shape);
  const auto from = tensor.bytes();
  for (auto to = out.bytes(); !to.empty(); to = to.subspan(from.size()))
    std::ranges::copy(from, to.begin());
  return out;
}

TEST_P(Fixtures, LargeBatchesGiveEveryRowTheSame) {
  const auto model = folder_.load();
  const ModelInputs few = folder_.case_inputs(folder_.cases().front());
  const auto tokens = static_cast<std::int64_t>(few.find("input_ids")->second.size());
  const std::int64_t copies = 1 + 5 * model->backend().most_useful_tokens() / (2 * tokens);
  ModelInputs many;
  for (const auto& [name, tensor] : few) many.emplace(name, repeated(tensor, copies));

  ForwardOptions everything;
  everything.output_hidden_states = everything.output_attentions = true;
  const auto expected = model->forward(few, everything);
  const auto actual = model->forward(many, everything);
  compare("logits", actual.logits, repeated(expected.logits, copies));
  compare("logits alone", model->forward(many).logits, repeated(expected.logits, copies));
  for (const auto& [name, tensor] : expected.tensors)
    compare(name, actual.tensors.at(name), repeated(tensor, copies));
  for (const auto& [group, tensors] : expected.states) {
    for (std::size_t i = 0; i < tensors.size(); ++i)
      compare(concat(group, ".", i), actual.states.at(group)[i], repeated(tensors[i], copies));
  }
}

TEST_P(Fixtures, Labels) {
  if (!folder_.meta.contains("id2label")) return;
  const auto model = folder_.load();
  const auto& names = model->config().id2label();
  ASSERT_EQ(names.size(), folder_.meta["num_labels"].get<std::size_t>());
  for (std::size_t i = 0; i < names.size(); ++i) {
    EXPECT_EQ(names[i], folder_.meta["id2label"].value(std::to_string(i), concat("LABEL_", i)));
  }
}

TEST_P(Fixtures, Losses) {
  for (const auto& [key, labels] : folder_.inputs) {
    if (!starts_with(key, "labels.") || key == "labels.regression1") continue;
    const std::string problem_type = key.substr(7);
    if (!folder_.expected.contains("loss." + problem_type))
      continue;  // a later version's logits bind
    // DeBERTa of transformers 4.12 knew no problem_type; later versions, which bind, do.
    if (folder_.meta.value("reference", "") == "transformers 4.12.5" &&
        starts_with(folder_.meta["model_type"].get<std::string>(), "deberta")) {
      continue;
    }
    const auto model = folder_.load({{"problem_type", problem_type}});
    ModelInputs arguments = folder_.case_inputs("main");
    arguments.emplace("labels", labels);
    const double expected = expected_loss(problem_type);
    EXPECT_NEAR(model->forward(arguments).loss.value(), expected, 1e-5 + 1e-4 * std::fabs(expected))
        << problem_type;
  }
}

/// One label: the head's first row.
TEST_P(Fixtures, SingleOutputRegression) {
  if (!folder_.expected.contains("regression1.logits")) return;
  FromPretrainedOptions options;
  options.kwargs = {{"num_labels", 1}};
  options.ignore_mismatched_sizes = true;
  const auto fresh = AutoModelForSequenceClassification::from_pretrained(folder_.path, options);
  const auto& cut = fresh->load_report().mismatched_keys;
  ASSERT_FALSE(cut.empty());

  std::map<std::string, Tensor> state_dict;
  for (const auto& [name, stored] : load_tensors(folder_.path + "/model.safetensors")) {
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
  const auto model = AutoModelForSequenceClassification::from_pretrained(folder_.path, options);
  ModelInputs arguments = folder_.case_inputs("main");
  arguments.emplace("labels", folder_.inputs.at("labels.regression1"));
  const auto output = model->forward(arguments);
  // Some classes of the reference drop the axis of the one label.
  const Tensor& logits = folder_.expected.at("regression1.logits");
  Tensor column(logits.dtype(), {logits.shape()[0], 1});
  std::ranges::copy(logits.bytes(), column.bytes().begin());
  compare("regression1.logits", output.logits, column);
  const double expected = expected_loss("regression1");
  EXPECT_NEAR(output.loss.value(), expected, 1e-5 + 1e-4 * std::fabs(expected));
  EXPECT_EQ(model->config().problem_type(), ProblemType::kRegression);
}

TEST_P(Fixtures, PaddingChangesNothing) {
  if (!folder_.inputs.contains("main.input_ids")) return;  // later versions answer otherwise
  const auto model = folder_.load();
  const ModelInputs batch = folder_.case_inputs("main");
  const Tensor all = model->forward(batch).logits;
  const Tensor& ids = batch.at("input_ids");
  const auto given = batch.find("attention_mask");
  const Tensor mask = given != batch.end()
                          ? given->second
                          : Tensor::from_i64(ids.shape(), std::vector<std::int64_t>(ids.size(), 1));
  const std::int64_t width = mask.shape()[1];
  for (std::int64_t row = 0; row < mask.shape()[0]; ++row) {
    const auto real =
        mask.i64().subspan(static_cast<std::size_t>(row * width), static_cast<std::size_t>(width));
    const auto first = std::ranges::find(real, 1) - real.begin();
    const std::int64_t length = std::ranges::count(real, 1);
    ModelInputs alone;
    for (const auto& [name, tensor] : batch) {
      if (tensor.shape() != mask.shape()) continue;
      alone.emplace(
          name, Tensor::from_i64({1, length},
                                 tensor.i64().subspan(static_cast<std::size_t>(row * width + first),
                                                      static_cast<std::size_t>(length))));
    }
    const auto labels = static_cast<std::size_t>(all.shape()[1]);
    const Tensor expected = Tensor::from_f32(
        {1, all.shape()[1]}, all.f32().subspan(static_cast<std::size_t>(row) * labels, labels));
    compare(concat("row ", row), model->forward(alone).logits, expected);
  }
}

INSTANTIATE_TEST_SUITE_P(Models, Fixtures, ::testing::ValuesIn(registered_folders("models")),
                         test_name);
INSTANTIATE_TEST_SUITE_P(OldSpellings, Fixtures,
                         ::testing::ValuesIn(registered_folders("models_v4")), test_name);

/// Every registered type is covered by at least one folder.
TEST(FixtureFolders, EveryTypeHasOne) {
  const auto folders = registered_folders("models");
  for (const ModelType& type : model_types()) {
    EXPECT_TRUE(std::ranges::any_of(folders, [&](const std::string& folder) {
      return type_of(folder) == type.name;
    })) << type.name;
  }
}

}  // namespace
}  // namespace verdict::testing

// What int8 (dtype "q8") costs: the reference's class stays wherever the reference is not undecided
// itself, and the errors by type that docs/models.md tells are the measured ones.
#include <gtest/gtest.h>

#include <fstream>

#include "support/fixture_folders.h"

namespace verdict::testing {
namespace {

/// The reference's logits of one sequence and ours.
struct Row {
  std::string name;
  std::vector<double> expected;
  std::vector<double> actual;

  /// The largest difference, as a share of the reference's largest |logit|.
  double error() const {
    double difference = 0;
    for (std::size_t i = 0; i < expected.size(); ++i)
      difference = std::max(difference, std::fabs(actual[i] - expected[i]));
    return difference / largest();
  }

  /// How far the reference's best logit leads, in the same unit.
  double lead() const {
    auto sorted = expected;
    std::ranges::sort(sorted, std::greater<>());
    return sorted.size() < 2 ? 0 : (sorted[0] - sorted[1]) / largest();
  }

  bool keeps_argmax() const {
    return std::ranges::max_element(expected) - expected.begin() ==
           std::ranges::max_element(actual) - actual.begin();
  }

 private:
  double largest() const {
    double magnitude = 0;
    for (const double x : expected) magnitude = std::max(magnitude, std::fabs(x));
    return magnitude;
  }
};

/// All sequences of a folder in int8.
std::vector<Row> int8_rows(const FixtureFolder& folder) {
  const auto model = folder.load(nlohmann::json::object(), "q8");
  std::vector<Row> rows;
  for (const std::string& name : folder.cases()) {
    const Tensor& expected = folder.expected.at(name + ".logits");
    const Tensor actual = model->forward(folder.case_inputs(name)).logits;
    EXPECT_EQ(actual.shape(), expected.shape()) << name;
    EXPECT_GT(model->counters().int8_multiplications, 0);
    const auto labels = static_cast<std::size_t>(expected.shape()[1]);
    for (std::size_t i = 0; i < std::min(actual.size(), expected.size()); ++i) {
      if (i % labels == 0) rows.push_back({concat(name, " row ", i / labels), {}, {}});
      rows.back().expected.push_back(element(expected, i));
      rows.back().actual.push_back(element(actual, i));
    }
  }
  return rows;
}

class Int8 : public ::testing::TestWithParam<std::string> {};

TEST_P(Int8, KeepsTheArgmax) {
  const auto rows = int8_rows(FixtureFolder(GetParam()));
  EXPECT_FALSE(rows.empty());
  for (const Row& row : rows) {
    EXPECT_TRUE(row.keeps_argmax() || row.lead() <= 0.05)
        << row.name << ": the lead of " << row.lead() << " is lost to an error of " << row.error();
  }
}

INSTANTIATE_TEST_SUITE_P(Models, Int8, ::testing::ValuesIn(registered_folders("models")),
                         test_name);
INSTANTIATE_TEST_SUITE_P(OldSpellings, Int8, ::testing::ValuesIn(registered_folders("models_v4")),
                         test_name);

/// tests/fixtures/int8_errors.json has the mean and the worst error of each type over the project's
/// fixtures. VERDICT_UPDATE=1 writes what is measured.
TEST(Int8Errors, AreThoseOfTheDocs) {
#if defined(__EMSCRIPTEN__)
  const std::string platform = "wasm";
#else
  const std::string platform = "native";
#endif
  nlohmann::json measured;
  for (const ModelType& type : model_types()) {
    double sum = 0;
    double worst = 0;
    std::size_t count = 0;
    for (const std::string& name : subfolders(root_path("tests/fixtures/models"))) {
      if (type_of(name) != type.name) continue;
      for (const Row& row : int8_rows(FixtureFolder("models/" + name))) {
        sum += row.error();
        worst = std::max(worst, row.error());
        ++count;
      }
    }
    ASSERT_GT(count, 0u) << type.name;
    const auto rounded = [](double x) { return std::round(x * 1e4) / 1e4; };
    measured[std::string(type.name)] = {{"mean", rounded(sum / static_cast<double>(count))},
                                        {"worst", rounded(worst)}};
  }
  const std::string path = root_path("tests/fixtures/int8_errors.json");
  nlohmann::json documented = parse_json(read_text(*open_file(path)), path);
  if (std::getenv("VERDICT_UPDATE") != nullptr) {
    documented[platform] = measured;
    std::ofstream(path) << documented.dump(2) << "\n";
    return;
  }
  ASSERT_EQ(documented.at(platform).size(), measured.size());
  for (const auto& [type, errors] : documented.at(platform).items()) {
    ASSERT_TRUE(measured.contains(type)) << type;
    for (const char* kind : {"mean", "worst"}) {
      // Instruction sets add in another order, which rounds some activations otherwise.
      const double figure = errors.at(kind);
      const double now = measured.at(type).at(kind);
      EXPECT_LE(now, 1.5 * figure + 0.002) << type << " " << kind;
      EXPECT_GE(now, figure / 1.5 - 0.002) << type << " " << kind;
    }
  }
}

}  // namespace
}  // namespace verdict::testing

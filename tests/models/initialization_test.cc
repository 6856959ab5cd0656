// New models start as the reference's do: tests/fixtures/initialization.json tells the distribution
// of every parameter of the fixtures' configs in transformers 5.23.0 (make_initialization.py).
#include <gtest/gtest.h>

#include <algorithm>

#include "support/fixture_folders.h"
#include "verdict/auto/save_pretrained.h"

namespace verdict::testing {
namespace {

using nlohmann::json;

constexpr std::uint64_t kSeeds = 24;

std::vector<std::string> folders() { return subfolders(root_path("tests/fixtures/models")); }

std::string config_path(const std::string& folder) {
  return root_path(concat("tests/fixtures/models/", folder, "/config.json"));
}

const json& reference() {
  static const json all = [] {
    const std::string path = root_path("tests/fixtures/initialization.json");
    return parse_json(read_text(*open_file(path)), path);
  }();
  return all;
}

/// A group of random parameters in the reference.
struct Distribution {
  double deviation;
  double kurtosis;  ///< tells the shape: 3 of a normal distribution, 1.8 of a uniform one
};

/// What each parameter of a folder starts as.
class Expectations {
 public:
  explicit Expectations(const json& folder) {
    for (const json& name : folder.at("fixed")) fixed_[name] = true;
    for (const auto& [value, names] : folder.at("constants").items()) {
      for (const json& name : names) constants_[name] = std::stof(value);
    }
    for (const json& group : folder.at("random")) {
      for (const json& name : group.at("parameters"))
        distributions_[name] = {group.at("deviation"), group.at("kurtosis")};
    }
  }

  // Null for a parameter that starts otherwise.
  const float* constant(const std::string& name) const { return find(constants_, name); }
  const bool* fixed(const std::string& name) const { return find(fixed_, name); }
  const Distribution* distribution(const std::string& name) const {
    return find(distributions_, name);
  }

 private:
  /// Names in the file may have "*" for the number of a layer.
  static std::string with_stars(const std::string& name) {
    std::string out;
    for (std::size_t at = 0; at < name.size();) {
      const std::size_t end = std::min(name.find('.', at), name.size());
      const std::string part = name.substr(at, end - at);
      const bool is_number = part.find_first_not_of("0123456789") == std::string::npos;
      const bool is_inside = at > 0 && end < name.size();
      out += is_number && is_inside ? "*" : part;
      if (end < name.size()) out += '.';
      at = end + 1;
    }
    return out;
  }

  template <typename T>
  static const T* find(const std::map<std::string, T>& map, const std::string& name) {
    for (const std::string& key : {name, with_stars(name)}) {
      const auto found = map.find(key);
      if (found != map.end()) return &found->second;
    }
    return nullptr;
  }

  std::map<std::string, bool> fixed_;
  std::map<std::string, float> constants_;
  std::map<std::string, Distribution> distributions_;
};

/// Values over all models, but for the row that the reference zeroes.
void expect_distribution(const std::string& name, const std::vector<float>& values,
                         const Distribution& expected) {
  const auto count = static_cast<double>(values.size());
  double sum = 0;
  double squares = 0;
  double fourth_powers = 0;
  for (const float x : values) {
    sum += double{x};
    squares += std::pow(double{x}, 2);
    fourth_powers += std::pow(double{x}, 4);
  }
  const double deviation = std::sqrt(squares / count);
  // Five standard errors, and the rounding of the reference's figures.
  EXPECT_NEAR(sum / count, 0, 5 * expected.deviation / std::sqrt(count)) << name << ": mean";
  EXPECT_NEAR(deviation / expected.deviation, 1, 5 / std::sqrt(2 * count) + 0.01)
      << name << ": standard deviation " << deviation << " instead of " << expected.deviation;
  EXPECT_NEAR(fourth_powers / count / std::pow(deviation, 4), expected.kurtosis,
              5 * std::sqrt(24 / count) + 0.1)
      << name << ": kurtosis";
}

class Initialization : public ::testing::TestWithParam<std::string> {};

TEST_P(Initialization, IsTheReferences) {
  ASSERT_TRUE(reference().contains(GetParam())) << "run tests/fixtures/make_initialization.py";
  const json& groups = reference().at(GetParam());
  const Expectations expectations(groups);
  const auto config = AutoConfig::from_pretrained(config_path(GetParam()), groups.at("config"));
  std::map<std::string, std::vector<float>> random;
  std::map<std::string, Tensor> first;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    FromPretrainedOptions options;
    options.seed = seed;
    const auto model = AutoModelForSequenceClassification::from_config(config, options);
    for (const auto& [name, tensor] : model->state_dict()) {
      const std::span<const float> values = tensor.f32();
      if (const float* constant = expectations.constant(name)) {
        EXPECT_EQ(std::ranges::count(values, *constant), std::ssize(values)) << name;
      } else if (expectations.fixed(name) != nullptr) {
        const auto seen = first.emplace(name, tensor).first->second.f32();
        EXPECT_TRUE(std::ranges::equal(values, seen)) << name;
      } else {
        ASSERT_NE(expectations.distribution(name), nullptr)
            << "The reference has no parameter " << name;
        const std::int64_t zero_row = groups.at("zero_rows").value(name, std::int64_t{-1});
        const std::size_t size = values.size() / static_cast<std::size_t>(tensor.shape()[0]);
        for (std::int64_t row = 0; row < tensor.shape()[0]; ++row) {
          const auto part = values.subspan(static_cast<std::size_t>(row) * size, size);
          const bool is_zero = std::ranges::count(part, 0.0f) == std::ssize(part);
          EXPECT_EQ(is_zero, row == zero_row) << name << " row " << row;
          if (!is_zero) random[name].insert(random[name].end(), part.begin(), part.end());
        }
      }
    }
  }
  EXPECT_FALSE(random.empty());
  for (const auto& [name, values] : random)
    expect_distribution(name, values, *expectations.distribution(name));
}

TEST_P(Initialization, SavesAndReloadsBitForBit) {
  const TemporaryFolder folder;
  const auto fresh = AutoModelForSequenceClassification::from_config(
      AutoConfig::from_pretrained(config_path(GetParam())));
  save_pretrained(*fresh, folder.path() + "/saved");
  const auto reloaded =
      AutoModelForSequenceClassification::from_pretrained(folder.path() + "/saved");
  EXPECT_FALSE(reloaded->load_report().has_new_parameters());
  EXPECT_EQ(reloaded->config_json(), fresh->config_json());
  for (const auto& [name, tensor] : fresh->state_dict()) {
    EXPECT_TRUE(std::ranges::equal(reloaded->parameter(name).bytes(), tensor.bytes())) << name;
  }
  const ModelInputs inputs = FixtureFolder("models/" + GetParam()).case_inputs("main");
  EXPECT_TRUE(std::ranges::equal(reloaded->forward(inputs).logits.f32(),
                                 fresh->forward(inputs).logits.f32()));
}

INSTANTIATE_TEST_SUITE_P(Models, Initialization, ::testing::ValuesIn(folders()), test_name);

}  // namespace
}  // namespace verdict::testing

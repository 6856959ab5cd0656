#pragma once

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/fixtures.h"
#include "verdict/auto/auto_model.h"
#include "verdict/base/json.h"
#include "verdict/models/registry.h"

// The folders of the reference's fixtures whose model type is registered.
namespace verdict::testing {

using Tensors = std::map<std::string, Tensor, std::less<>>;

/// The model type of "[models/]<type>[__variant]".
inline std::string type_of(const std::string& folder) {
  const std::string name = folder.substr(folder.find('/') + 1);  // npos + 1 is 0
  return name.substr(0, name.find("__"));
}

/// "models/bert", … of the set "models" or "models_v4".
inline std::vector<std::string> registered_folders(const std::string& set) {
  std::vector<std::string> folders;
  for (const std::string& name : subfolders(fixtures_path(set))) {
    const std::string folder = concat(set, "/", name);
    if (std::ranges::find(model_types(), type_of(folder), &ModelType::name) != model_types().end())
      folders.push_back(folder);
  }
  return folders;
}

/// The name of a test of a folder.
inline std::string test_name(const ::testing::TestParamInfo<std::string>& folder) {
  std::string name = folder.param.substr(folder.param.find('/') + 1);
  std::ranges::replace(name, '-', '_');
  return name;
}

/// A folder's numbers.
struct FixtureFolder {
  explicit FixtureFolder(const std::string& name)
      : type(type_of(name)),
        path(fixtures_path(name)),
        inputs(load_tensors(path + "/inputs.safetensors")),
        expected(load_tensors(path + "/expected.safetensors")),
        meta(parse_json(read_text(*open_file(path + "/meta.json")), "meta.json")) {}

  std::unique_ptr<SequenceClassifier> load(const nlohmann::json& kwargs = nlohmann::json::object(),
                                           const std::string& dtype = "f32") const {
    FromPretrainedOptions options;
    options.kwargs = kwargs;
    options.dtype = dtype;
    return AutoModelForSequenceClassification::from_pretrained(path, options);
  }

  /// The cases with logits: those that later versions of the reference answer otherwise have inputs
  /// only.
  std::vector<std::string> cases() const {
    std::vector<std::string> names;
    for (const auto& [name, unused] : meta.at("cases").items()) {
      if (expected.contains(name + ".logits")) names.push_back(name);
    }
    return names;
  }

  /// The arguments of a case.
  ModelInputs case_inputs(const std::string& name) const {
    ModelInputs out;
    for (const auto& [key, tensor] : inputs) {
      if (starts_with(key, name + ".")) out.emplace(key.substr(name.size() + 1), tensor);
    }
    return out;
  }

  std::string type;
  std::string path;
  Tensors inputs;
  Tensors expected;
  nlohmann::json meta;
};

}  // namespace verdict::testing

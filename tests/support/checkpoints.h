#pragma once

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "support/fixture_folders.h"
#include "verdict/auto/model_loader.h"
#include "verdict/checkpoint/checkpoint_reader.h"

// The folders of checkpoints/: tiny models in the formats of other code bases, with the answers of
// their source models.
namespace verdict::testing {

/// "checkpoints/tf1/bert__classifier", … of one kind; none where the set has nothing of it.
inline std::vector<std::string> checkpoint_folders(const std::string& kind) {
  std::vector<std::string> folders;
  const std::string path = fixtures_path("checkpoints/" + kind);
  if (!std::filesystem::is_directory(path)) return folders;
  for (const std::string& name : subfolders(path))
    folders.push_back(concat("checkpoints/", kind, "/", name));
  return folders;
}

/// The folders of all kinds.
inline std::vector<std::string> all_checkpoint_folders() {
  std::vector<std::string> folders;
  for (const std::string& kind : subfolders(fixtures_path("checkpoints"))) {
    for (std::string& folder : checkpoint_folders(kind)) {
      if (std::filesystem::exists(fixtures_path(folder) + "/meta.json") &&
          std::filesystem::exists(fixtures_path(folder) + "/inputs.safetensors"))
        folders.push_back(std::move(folder));
    }
  }
  return folders;
}

/// The name of a test of "checkpoints/<kind>/<type>[__<case>]".
inline std::string checkpoint_test_name(const ::testing::TestParamInfo<std::string>& folder) {
  std::string name = folder.param.substr(folder.param.find('/') + 1);
  std::ranges::replace_if(
      name, [](char c) { return c == '-' || c == '/'; }, '_');
  return name;
}

/// The entries of a manifest of hostile files.
inline nlohmann::json hostile_files(const std::string& kind) {
  const std::string path = fixtures_path(concat("checkpoints/", kind, "/manifest.json"));
  return parse_json(read_text(*open_file(path)), path).at("files");
}

struct CheckpointFolder {
  explicit CheckpointFolder(const std::string& name)
      : path(fixtures_path(name)),
        meta(parse_json(read_text(*open_file(path + "/meta.json")), "meta.json")),
        type(meta.at("model_type")),
        config(AutoConfig::from_pretrained(path + "/config.json")),
        inputs(load_tensors(path + "/inputs.safetensors")),
        expected(load_tensors(path + "/expected.safetensors")) {
    // In 4.57 the part of masked tokens that ESM scales by counts the padding; later versions, and
    // Verdict, give a row the same answer with padding and alone.
    if (type == "esm") expected.erase("logits");
  }

  bool is_registered() const {
    return std::ranges::find(model_types(), type, &ModelType::name) != model_types().end();
  }

  /// The parameters that the file does not hold, sorted.
  std::vector<std::string> newly_initialised() const {
    auto names = meta.value("newly_initialised", std::vector<std::string>());
    std::ranges::sort(names);
    return names;
  }

  /// The arguments of the batch ("") or of the row without a mask ("single.").
  ModelInputs arguments(const std::string& prefix) const {
    ModelInputs out;
    for (const auto& [key, tensor] : inputs) {
      const bool is_single = starts_with(key, "single.");
      if (is_single == !prefix.empty()) out.emplace(key.substr(prefix.size()), tensor);
    }
    return out;
  }

  std::string path;
  nlohmann::json meta;
  std::string type;
  PretrainedConfig config;
  Tensors inputs;
  Tensors expected;
};

inline std::unique_ptr<SequenceClassifier> load_checkpoint(const PretrainedConfig& config,
                                                           const CheckpointReader& checkpoint) {
  ModelLoader loader(config, {});
  const auto tensors = checkpoint.tensors();
  loader.plan({tensors.begin(), tensors.end()});
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (!loader.wants(i)) continue;
    std::vector<std::byte> bytes(static_cast<std::size_t>(tensors[i].byte_size()));
    checkpoint.read(i, bytes);
    loader.accept(i, bytes);
  }
  return loader.finish();
}

/// Compares a model with the folder's answers: what is freshly initialised, the logits where the
/// file holds the head, else the last hidden state of the tokens.
inline void expect_answers(const CheckpointFolder& folder, SequenceClassifier& model) {
  auto missing = model.load_report().missing_keys;
  std::ranges::sort(missing);
  EXPECT_EQ(missing, folder.newly_initialised());
  EXPECT_TRUE(model.load_report().mismatched_keys.empty());
  std::size_t compared = 0;
  for (const std::string prefix : {"", "single."}) {
    const ModelInputs arguments = folder.arguments(prefix);
    const auto logits = folder.expected.find(prefix + "logits");
    if (logits != folder.expected.end()) {
      expect_close(prefix + "logits", model.forward(arguments).logits, logits->second);
      ++compared;
    }
    const auto state = folder.expected.find(prefix + "base_last_hidden_state");
    if (state == folder.expected.end()) continue;
    ForwardOptions options;
    options.output_hidden_states = true;
    const auto output = model.forward(arguments, options);
    const bool has_decoder = output.states.contains("decoder_hidden_states");
    const Tensor& actual =
        output.state(has_decoder ? "decoder_hidden_states" : "hidden_states").back();
    const auto mask = arguments.find("attention_mask");
    const auto width = static_cast<std::size_t>(state->second.shape().back());
    expect_close(prefix + "base_last_hidden_state", actual, state->second, 1e-5,
                 [&](std::size_t element) {
                   return mask == arguments.end() || mask->second.i64()[element / width] == 1;
                 });
    ++compared;
  }
  EXPECT_GT(compared, 0u);
}

}  // namespace verdict::testing

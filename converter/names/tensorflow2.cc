#include <array>
#include <cstdlib>
#include <optional>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"
#include "verdict_convert/names/names.h"
#include "verdict_convert/names/rules.h"

namespace verdict::convert {

namespace {

/// The model garden's BERT, under names that `garden_name` makes of its keys.
constexpr std::array kGarden{
    NameRule{"layer_0/embeddings", "$.embeddings.word_embeddings.weight"},
    NameRule{"layer_1/embeddings", "$.embeddings.position_embeddings.weight"},
    NameRule{"layer_2/embeddings", "$.embeddings.token_type_embeddings.weight"},
    NameRule{"layer_3/@", "$.embeddings.LayerNorm"},
    NameRule{"encoder_#/_attention_layer/_output_dense/@",
             "$.encoder.layer.#.attention.output.dense", Layout::kTransposedMerged},
    NameRule{"encoder_#/_attention_layer/_*_dense/@", "$.encoder.layer.#.attention.self.*"},
    NameRule{"encoder_#/_attention_output_dense/@", "$.encoder.layer.#.attention.output.dense",
             Layout::kTransposedMerged},
    NameRule{"encoder_#/_attention_layer_norm/@", "$.encoder.layer.#.attention.output.LayerNorm"},
    NameRule{"encoder_#/_intermediate_dense/@", "$.encoder.layer.#.intermediate.dense"},
    NameRule{"encoder_#/_output_dense/@", "$.encoder.layer.#.output.dense"},
    NameRule{"encoder_#/_output_layer_norm/@", "$.encoder.layer.#.output.LayerNorm"},
    // The last layer has nothing but a kernel and a bias.
    NameRule{"encoder_#/@", "$.pooler.dense"},
};

constexpr TypeNames kGardenBert{"bert", "", "bert", kGarden, {}, {}};

std::string_view without_suffix(std::string_view key) {
  constexpr std::string_view kVariable = "/.ATTRIBUTES/VARIABLE_VALUE";
  return ends_with(key, kVariable) ? key.substr(0, key.size() - kVariable.size()) : key;
}

/// "encoder_1/…" of "model/layer_with_weights-5/…", whose first four layers are the embeddings'
/// ("layer_0/…").
std::optional<std::string> garden_name(std::string_view key) {
  constexpr std::string_view kLayer = "layer_with_weights-";
  constexpr int kEmbeddings = 4;
  const std::size_t begin = key.find(kLayer);
  if (begin == std::string_view::npos) return std::nullopt;
  const std::string rest(without_suffix(key.substr(begin + kLayer.size())));
  char* end = nullptr;
  const long number = std::strtol(rest.c_str(), &end, 10);
  if (end == rest.c_str() || *end != '/' || number < 0 || number > 10000) return std::nullopt;
  return number < kEmbeddings ? concat("layer_", number, end)
                              : concat("encoder_", number - kEmbeddings, end);
}

std::optional<SkipReason> training_state(std::string_view key) {
  if (key.find("optimizer") != std::string_view::npos ||
      key.find(".OPTIMIZER_SLOT") != std::string_view::npos) {
    return SkipReason::kOptimizer;
  }
  const std::string_view variable = without_suffix(key);
  for (const std::string_view counter : {"save_counter", "step", "global_step"}) {
    if (variable == counter) return SkipReason::kCounter;
  }
  return std::nullopt;
}

/// Some of a checkpoint's tensors, and where they stand in it.
struct Subset {
  std::vector<std::size_t> indices;
  std::vector<std::string> names;
  std::vector<TensorInfo> stored;

  void add(std::size_t index, std::string name, const TensorInfo& tensor) {
    indices.push_back(index);
    names.push_back(std::move(name));
    stored.push_back(tensor);
  }

  /// Appends what became of the subset.
  void append(NameMap of_subset, NameMap& all) const {
    for (MappedTensor& mapped : of_subset.mapped) {
      mapped.stored = indices[mapped.stored];
      all.mapped.push_back(std::move(mapped));
    }
    for (const SkippedTensor& skipped : of_subset.skipped)
      all.skipped.push_back({indices[skipped.stored], skipped.reason});
  }
};

}  // namespace

NameMap map_tensorflow2(std::span<const TensorInfo> stored, std::span<const std::string> full_names,
                        const Naming& naming) {
  NameMap map;
  Subset keras, garden;
  for (std::size_t i = 0; i < stored.size(); ++i) {
    const std::string& key = stored[i].name;
    if (const auto reason = training_state(key)) {
      map.skipped.push_back({i, *reason});
    } else if (full_names[i].find('/') != std::string::npos) {
      keras.add(i, full_names[i], stored[i]);
    } else if (auto name = garden_name(key)) {
      garden.add(i, std::move(*name), stored[i]);
    } else {
      map.skipped.push_back({i, SkipReason::kUnknown});
    }
  }
  if (!keras.names.empty()) keras.append(map_keras(keras.names, keras.stored, true, naming), map);
  if (!garden.names.empty()) {
    if (naming.config.model_type() != kGardenBert.model_type) {
      throw Error(ErrorCode::kUnsupported,
                  concat("This is a checkpoint of TensorFlow's model garden, of which only BERT is "
                         "known; the config's model type is \"",
                         naming.config.model_type(), "\"."));
    }
    garden.append(apply_rules(kGardenBert, {}, garden.names, garden.stored, naming), map);
  }
  return map;
}

}  // namespace verdict::convert

#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "verdict/base/byte_source.h"
#include "verdict/hub/hub.h"

namespace verdict {

/// `config.problem_type`: which loss a classifier is trained with and how its logits become scores.
enum class ProblemType { kRegression, kSingleLabelClassification, kMultiLabelClassification };

/// "regression", "single_label_classification", "multi_label_classification"
std::string_view problem_type_name(ProblemType type);
/// The inverse; throws `kInvalidArgument`.
ProblemType problem_type_from_name(std::string_view name);

/// A model's configuration (transformers' `PreTrainedConfig`): the content of `config.json`,
/// completed with the defaults of the model type, under canonical names whatever spelling the file
/// has.
class PretrainedConfig {
 public:
  /// Reads the JSON object of a `config.json`. `kwargs` are attributes that override it (names as
  /// in the file or canonical). Throws `kInvalidArgument` for a missing `model_type`, an unknown
  /// keyword, a value of the wrong kind or out of range. `name` stands in messages. `model` is the
  /// folder's, the file's or the model's name: in files without `model_type`, as old releases of
  /// the reference wrote them, the longest known type in its last part counts.
  static PretrainedConfig from_json(const nlohmann::json& json,
                                    std::string_view name = "config.json",
                                    const nlohmann::json& kwargs = nlohmann::json::object(),
                                    std::string_view model = "");

  /// The same with other values for some attributes.
  PretrainedConfig with(const nlohmann::json& kwargs) const;

  std::string model_type() const { return get<std::string>("model_type"); }

  std::int64_t num_labels() const { return static_cast<std::int64_t>(id2label_.size()); }
  /// Names by output index.
  const std::vector<std::string>& id2label() const { return id2label_; }
  /// The output of a label's name (`label2id`); nothing for an unknown one.
  std::optional<std::int64_t> label2id(std::string_view label) const;

  std::optional<ProblemType> problem_type() const;
  void set_problem_type(ProblemType type);

  bool has(std::string_view attribute) const { return find(attribute) != nullptr; }

  /// An attribute by its canonical name. Throws `kNotFound` when it is missing or null,
  /// `kInvalidArgument` when it is of another kind. T: bool, std::int32_t, std::int64_t, double,
  /// std::string, nlohmann::json (anything).
  template <typename T>
  T get(std::string_view attribute) const;

  /// The attribute, or `fallback` when it is missing or null.
  template <typename T>
  T get_or(std::string_view attribute, T fallback) const {
    return has(attribute) ? get<T>(attribute) : fallback;
  }

  /// All attributes as `config.json` of the reference names them.
  nlohmann::json to_json() const;

 private:
  const nlohmann::json* find(std::string_view attribute) const;
  void apply(const nlohmann::json& kwargs);
  void read_labels(const nlohmann::json& source);
  void validate();

  nlohmann::json values_;   // canonical names, without the labels
  nlohmann::json derived_;  // what they mean in the current form; wins over them
  std::vector<std::string> id2label_;
  std::string name_;
};

/// Reads configurations (transformers' `AutoConfig`).
class AutoConfig {
 public:
  /// A folder with a `config.json`, the path or URL of a `.json` file, or a name or the URL of a
  /// folder (see `open_model`).
  static PretrainedConfig from_pretrained(const std::string& name_or_path,
                                          const nlohmann::json& kwargs = nlohmann::json::object(),
                                          const HubOptions& options = {});
  static PretrainedConfig from_pretrained(const FileSet& files,
                                          const nlohmann::json& kwargs = nlohmann::json::object());
};

}  // namespace verdict

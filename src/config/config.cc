#include "verdict/config/config.h"

#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "verdict/base/error.h"
#include "verdict/base/json.h"
#include "verdict/base/strings.h"
#include "verdict/config/defaults.h"
#include "verdict/config/derived.h"
#include "verdict/config/spelling.h"

namespace verdict {

namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 3> kProblemTypes{"regression", "single_label_classification",
                                                        "multi_label_classification"};

/// Attributes of every configuration, which a keyword may set though neither file nor defaults name
/// them.
constexpr std::array<std::string_view, 9> kCommonAttributes{
    "output_attentions", "output_hidden_states", "problem_type",      "architectures",  "dtype",
    "return_dict",       "_name_or_path",        "initializer_range", "finetuning_task"};

struct Range {
  std::string_view attribute;
  std::int64_t least;
  std::int64_t most;
};

constexpr std::int64_t kMostElements = std::numeric_limits<std::int32_t>::max();

/// Bounds that keep hostile sizes from overflowing anything that is computed from them.
constexpr auto kRanges = std::to_array<Range>({{"vocab_size", 1, kMostElements},
                                               {"hidden_size", 1, 1 << 20},
                                               {"embedding_size", 1, 1 << 20},
                                               {"intermediate_size", 1, 1 << 24},
                                               {"num_hidden_layers", 0, 10000},
                                               {"num_hidden_groups", 1, 10000},
                                               {"inner_group_num", 0, 10000},
                                               {"num_attention_heads", 1, 1 << 20},
                                               {"max_position_embeddings", 1, kMostElements},
                                               {"type_vocab_size", 0, kMostElements},
                                               {"num_key_value_heads", 1, 1 << 20},
                                               {"head_dim", 1, 1 << 20},
                                               {"sliding_window", 1, kMostElements},
                                               {"encoder_layers", 0, 10000},
                                               {"decoder_layers", 0, 10000},
                                               {"num_decoder_layers", 0, 10000},
                                               {"encoder_attention_heads", 1, 1 << 20},
                                               {"decoder_attention_heads", 1, 1 << 20},
                                               {"encoder_ffn_dim", 1, 1 << 24},
                                               {"decoder_ffn_dim", 1, 1 << 24},
                                               {"prompt_length", 1, 1 << 20},
                                               {"prompt_mid_dim", 1, 1 << 24},
                                               {"window_size", 1, kMostElements},
                                               {"relative_attention_num_buckets", 1, 1 << 20},
                                               {"input_embedding_size", 1, 1 << 20},
                                               {"intra_bottleneck_size", 1, 1 << 20},
                                               {"num_feedforward_networks", 1, 10000},
                                               {"conv_kernel_size", 0, 1 << 16},
                                               {"conv_groups", 1, 1 << 20},
                                               {"max_relative_positions", -1, kMostElements / 2},
                                               {"position_buckets", -1, kMostElements / 2},
                                               {"n_langs", 1, kMostElements},
                                               {"head_ratio", 1, 1 << 20},
                                               {"num_landmarks", 1, kMostElements},
                                               {"segment_means_seq_len", 1, kMostElements},
                                               {"task_type_vocab_size", 1, kMostElements},
                                               {"pronunciation_embed_dim", 1, 1 << 20},
                                               {"pronunciation_vocab_size", 1, kMostElements},
                                               {"shape_embed_dim", 1, 1 << 20},
                                               {"shape_vocab_size", 1, kMostElements}});

[[noreturn]] void wrong_kind(const std::string& name, std::string_view attribute, const json& value,
                             std::string_view expected) {
  throw Error(ErrorCode::kInvalidArgument,
              concat("\"", name, "\": the attribute \"", attribute, "\" is ", to_text(value), "; ",
                     expected, " was expected."));
}

std::string default_label(std::size_t index) { return concat("LABEL_", index); }

std::vector<std::string> default_labels(std::int64_t count) {
  std::vector<std::string> labels(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = default_label(i);
  return labels;
}

bool is_set(const json& object, std::string_view key) {
  const auto found = object.find(key);
  return found != object.end() && !found->is_null();
}

PretrainedConfig read_config(const ByteSource& file, const json& kwargs,
                             std::string_view model = "") {
  return PretrainedConfig::from_json(parse_json(read_text(file), file.name()), file.name(), kwargs,
                                     model);
}

/// `model_type` from the keywords, the file or the last part of the model's name; empty: none.
json find_model_type(const json& source, const json& kwargs, std::string_view model) {
  for (const json* object : {&kwargs, &source}) {
    if (is_set(*object, "model_type")) return (*object)["model_type"];
  }
  while (ends_with(model, "/")) model.remove_suffix(1);
  return model_type_in(model.substr(model.rfind('/') + 1));
}

}  // namespace

std::string_view problem_type_name(ProblemType type) {
  return kProblemTypes[static_cast<std::size_t>(type)];
}

ProblemType problem_type_from_name(std::string_view name) {
  for (std::size_t i = 0; i < kProblemTypes.size(); ++i) {
    if (kProblemTypes[i] == name) return static_cast<ProblemType>(i);
  }
  throw Error(ErrorCode::kInvalidArgument,
              concat("The problem_type \"", name, "\" is unknown; expected one of ",
                     quoted_list(kProblemTypes), "."));
}

PretrainedConfig PretrainedConfig::from_json(const json& source, std::string_view name,
                                             const json& kwargs, std::string_view model) {
  PretrainedConfig config;
  config.name_ = name;
  if (!source.is_object()) {
    throw Error(ErrorCode::kCorruptFile, concat("\"", name, "\" holds no JSON object."));
  }
  const json model_type = find_model_type(source, kwargs, model);
  if (!model_type.is_string()) wrong_kind(config.name_, "model_type", model_type, "a string");
  const std::string type = model_type.get<std::string>();
  if (type.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                concat("\"", name,
                       "\" has no \"model_type\" and the model's name holds no known one, so its "
                       "architecture is unknown. Add it, or give it as a keyword (model_type)."));
  }
  config.values_ = default_config(type);
  config.id2label_ = default_labels(config.get_or<std::int64_t>("num_labels", 2));
  config.values_.erase("num_labels");
  for (const auto& [key, value] : source.items()) {
    const std::string canonical = canonical_name(type, key);
    const std::string first_spelling = file_name(type, canonical);
    const bool is_second = key != first_spelling && is_set(source, first_spelling);
    if (!is_label_attribute(key) && !is_second) config.values_[canonical] = value;
  }
  config.values_["model_type"] = type;
  config.read_labels(source);
  config.apply(kwargs);
  config.validate();
  return config;
}

PretrainedConfig PretrainedConfig::with(const json& kwargs) const {
  PretrainedConfig config = *this;
  config.apply(kwargs);
  config.validate();
  return config;
}

void PretrainedConfig::apply(const json& kwargs) {
  const std::string type = model_type();
  for (const auto& [key, value] : kwargs.items()) {
    if (is_label_attribute(key)) continue;
    const std::string canonical = canonical_name(type, key);
    bool known = values_.contains(canonical);
    for (const std::string_view common : kCommonAttributes) known = known || canonical == common;
    if (!known) {
      throw Error(ErrorCode::kInvalidArgument,
                  concat("The keyword \"", key, "\" is no attribute of a ", type,
                         " config and no option."));
    }
    values_[canonical] = value;
  }
  read_labels(kwargs);
}

void PretrainedConfig::read_labels(const json& source) {
  if (is_set(source, "id2label")) {
    const json& labels = source["id2label"];
    if (!labels.is_object() || labels.empty()) {
      wrong_kind(name_, "id2label", labels, "an object of names by output number");
    }
    id2label_ = default_labels(static_cast<std::int64_t>(labels.size()));
    for (const auto& [id, label] : labels.items()) {
      if (!label.is_string()) wrong_kind(name_, "id2label", labels, "names that are strings");
      const bool is_number =
          !id.empty() && id.size() < 10 && id.find_first_not_of("0123456789") == std::string::npos;
      if (!is_number) wrong_kind(name_, "id2label", labels, "keys that are numbers");
      const auto index = static_cast<std::size_t>(std::stoul(id));
      if (index < id2label_.size()) id2label_[index] = label.get<std::string>();
    }
  } else if (is_set(source, "num_labels")) {
    const json& count = source["num_labels"];
    if (!count.is_number_integer() || count.get<std::int64_t>() < 1 ||
        count.get<std::int64_t>() > (1 << 24)) {
      wrong_kind(name_, "num_labels", count, "a positive number");
    }
    if (count.get<std::int64_t>() != num_labels())
      id2label_ = default_labels(count.get<std::int64_t>());
  }
  if (is_set(source, "label2id")) {
    const json& ids = source["label2id"];
    if (!ids.is_object()) wrong_kind(name_, "label2id", ids, "an object of output numbers by name");
    for (const auto& [label, id] : ids.items()) {
      if (!id.is_number_integer()) wrong_kind(name_, "label2id", ids, "output numbers");
    }
    values_["label2id"] = ids;
  } else if (is_set(source, "id2label") || is_set(source, "num_labels")) {
    values_.erase("label2id");
  }
}

void PretrainedConfig::validate() {
  derived_ = json::object();
  for (const Range& range : kRanges) {
    if (!has(range.attribute)) continue;
    const auto value = get<std::int64_t>(range.attribute);
    if (value < range.least || value > range.most) {
      wrong_kind(name_, range.attribute, *find(range.attribute),
                 concat("a number from ", range.least, " to ", range.most));
    }
  }
  for (const auto& [key, value] : values_.items()) {
    const bool is_probability = ends_with(key, "dropout") || ends_with(key, "dropout_prob") ||
                                ends_with(key, "dropout_rate") || ends_with(key, "_pdrop");
    // ESM's token_dropout is a switch.
    const bool is_absent = value.is_null() || (key == "token_dropout" && value.is_boolean());
    if (is_probability && !is_absent && !(get<double>(key) >= 0 && get<double>(key) < 1)) {
      wrong_kind(name_, key, value, "a probability from 0 up to, but not including, 1");
    }
  }
  problem_type();
  derived_ = derived_attributes(model_type(), values_);
}

std::optional<std::int64_t> PretrainedConfig::label2id(std::string_view label) const {
  if (const json* ids = find("label2id")) {
    const auto found = ids->find(label);
    if (found != ids->end()) return found->get<std::int64_t>();
  }
  for (std::size_t i = 0; i < id2label_.size(); ++i) {
    if (id2label_[i] == label) return static_cast<std::int64_t>(i);
  }
  return std::nullopt;
}

std::optional<ProblemType> PretrainedConfig::problem_type() const {
  if (!has("problem_type")) return std::nullopt;
  return problem_type_from_name(get<std::string>("problem_type"));
}

void PretrainedConfig::set_problem_type(ProblemType type) {
  values_["problem_type"] = problem_type_name(type);
}

const json* PretrainedConfig::find(std::string_view attribute) const {
  for (const json* values : {&derived_, &values_}) {
    const auto found = values->find(attribute);
    if (found != values->end()) return found->is_null() ? nullptr : &*found;
  }
  return nullptr;
}

template <typename T>
T PretrainedConfig::get(std::string_view attribute) const {
  const json* value = find(attribute);
  if (value == nullptr) {
    throw Error(ErrorCode::kNotFound,
                concat("\"", name_, "\" (model type ", model_type(), ") has no attribute \"",
                       attribute, "\", which the architecture needs."));
  }
  if constexpr (std::is_same_v<T, json>) {
    return *value;
  } else if constexpr (std::is_same_v<T, bool>) {
    if (!value->is_boolean()) wrong_kind(name_, attribute, *value, "true or false");
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (!value->is_string()) wrong_kind(name_, attribute, *value, "a string");
  } else if constexpr (std::is_same_v<T, double>) {
    if (!value->is_number() || !std::isfinite(value->get<double>())) {
      wrong_kind(name_, attribute, *value, "a finite number");
    }
  } else {
    const bool fits = value->is_number_integer() &&
                      !(value->is_number_unsigned() &&
                        value->get<std::uint64_t>() > std::numeric_limits<T>::max());
    if (!fits || value->get<std::int64_t>() < std::numeric_limits<T>::min() ||
        value->get<std::int64_t>() > std::numeric_limits<T>::max()) {
      wrong_kind(name_, attribute, *value, "an integer");
    }
  }
  return value->get<T>();
}

template bool PretrainedConfig::get<bool>(std::string_view) const;
template std::int32_t PretrainedConfig::get<std::int32_t>(std::string_view) const;
template std::int64_t PretrainedConfig::get<std::int64_t>(std::string_view) const;
template double PretrainedConfig::get<double>(std::string_view) const;
template std::string PretrainedConfig::get<std::string>(std::string_view) const;
template json PretrainedConfig::get<json>(std::string_view) const;

json PretrainedConfig::to_json() const {
  json out = json::object();
  const std::string type = model_type();
  for (const auto& [key, value] : values_.items()) out[file_name(type, key)] = value;
  json names = json::object();
  json ids = json::object();
  for (std::size_t i = 0; i < id2label_.size(); ++i) {
    names[std::to_string(i)] = id2label_[i];
    ids[id2label_[i]] = i;
  }
  out["id2label"] = std::move(names);
  if (!out.contains("label2id")) out["label2id"] = std::move(ids);
  return out;
}

PretrainedConfig AutoConfig::from_pretrained(const std::string& name_or_path, const json& kwargs,
                                             const HubOptions& options) {
  if (!ends_with(name_or_path, ".json")) {
    return from_pretrained(*open_model(name_or_path, options), kwargs);
  }
  if (!is_url(name_or_path)) return read_config(*open_file(name_or_path), kwargs, name_or_path);
  const std::size_t slash = name_or_path.rfind('/');
  const auto files = open_model(name_or_path.substr(0, slash), options);
  return read_config(*files->require(name_or_path.substr(slash + 1)), kwargs, name_or_path);
}

PretrainedConfig AutoConfig::from_pretrained(const FileSet& files, const json& kwargs) {
  return read_config(*files.require("config.json"), kwargs, files.name());
}

}  // namespace verdict

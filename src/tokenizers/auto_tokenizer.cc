#include "verdict/tokenizers/auto_tokenizer.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "verdict/base/error.h"
#include "verdict/base/json.h"
#include "verdict/base/strings.h"
#include "verdict/tokenizers/component.h"
#include "verdict/tokenizers/legacy/legacy_tokenizer.h"
#include "verdict/tokenizers/legacy/tokenizer_class.h"
#include "verdict/tokenizers/special_tokens.h"
#include "verdict/tokenizers/tokenizer_json.h"

namespace verdict {

namespace {

using nlohmann::json;
using namespace tokenizer_json;

/// The reference writes int(1e30) for "no limit".
constexpr double kNoLimit = 1e18;

json read_json(const FileSet& files, const std::string& name) {
  const auto file = files.open(name);
  if (!file) return json::object();
  json value = parse_json(read_text(*file), file->name());
  if (!value.is_object()) {
    throw Error(ErrorCode::kCorruptFile, concat("\"", file->name(), "\" is no JSON object."));
  }
  return value;
}

/// Tokenizer classes whose models take no token_type_ids.
constexpr std::array<std::string_view, 10> kWithoutTypeIds{
    "BartTokenizer",    "BarthezTokenizer",    "CamembertTokenizer", "DistilBertTokenizer",
    "GPT2Tokenizer",    "LongformerTokenizer", "MBartTokenizer",     "MPNetTokenizer",
    "RobertaTokenizer", "XLMRobertaTokenizer"};

/// `model_input_names` of the config, or the reference's of its class.
std::vector<std::string> read_input_names(const json& config, std::string_view tokenizer_class) {
  if (const auto names = config.find("model_input_names"); names != config.end()) {
    const bool is_list = names->is_array() && std::ranges::all_of(*names, [](const json& name) {
                           return name.is_string();
                         });
    if (!is_list) corrupt("config", "its \"model_input_names\" is no list of names");
    return *names;
  }
  if (ends_with(tokenizer_class, "Fast")) tokenizer_class.remove_suffix(4);
  if (std::ranges::find(kWithoutTypeIds, tokenizer_class) != kWithoutTypeIds.end()) {
    return {"input_ids", "attention_mask"};
  }
  return {"input_ids", "token_type_ids", "attention_mask"};
}

TokenizerSettings read_settings(const json& config) {
  TokenizerSettings settings;
  settings.tokenizer_class = get_string(config, "tokenizer_class", "");
  const auto length = config.find("model_max_length");
  if (length != config.end() && !length->is_null()) {
    if (!length->is_number() || length->get<double>() < 1) {
      corrupt("config", "its \"model_max_length\" is no positive number");
    }
    if (length->get<double>() < kNoLimit) settings.model_max_length = length->get<std::int64_t>();
  }
  settings.model_input_names = read_input_names(config, settings.tokenizer_class);
  settings.padding_side = side_from_name(get_string(config, "padding_side", "right"));
  settings.truncation_side = side_from_name(get_string(config, "truncation_side", "right"));
  settings.pad_token = special_token(config, "pad_token");
  settings.pad_token_type_id =
      static_cast<std::int32_t>(get_integer(config, "pad_token_type_id", 0));
  settings.clean_up_tokenization_spaces = get_bool(config, "clean_up_tokenization_spaces", false);
  return settings;
}

}  // namespace

AutoTokenizer::AutoTokenizer() {
  throw Error(
      ErrorCode::kInvalidArgument,
      "AutoTokenizer cannot be constructed; use AutoTokenizer::from_pretrained(name_or_path).");
}

std::unique_ptr<PretrainedTokenizer> AutoTokenizer::from_pretrained(const std::string& name_or_path,
                                                                    const HubOptions& options) {
  return from_pretrained(*open_model(name_or_path, options));
}

std::unique_ptr<PretrainedTokenizer> AutoTokenizer::from_pretrained(const FileSet& files) {
  json own = read_json(files, "special_tokens_map.json");
  own.update(read_json(files, "tokenizer_config.json"));
  std::string tokenizer_class = choose_tokenizer_class(own, read_json(files, "config.json"));
  const auto file = files.open("tokenizer.json");
  // A bare vocab.txt is BERT's.
  if (tokenizer_class.empty() && !file && files.open("vocab.txt"))
    tokenizer_class = "BertTokenizer";
  json config = tokenizer_class_defaults(tokenizer_class);
  config.update(own);
  std::string room;
  TokenizerParts parts =
      file ? read_tokenizer_json(view_text(*file, room), file->name(), config)
           : read_tokenizer_json(read_legacy_tokenizer(files, config, tokenizer_class), config);
  TokenizerSettings sections = std::exchange(parts.settings, read_settings(config));
  parts.settings.truncation = sections.truncation;
  parts.settings.padding = sections.padding;
  return std::make_unique<PretrainedTokenizer>(std::move(parts));
}

}  // namespace verdict

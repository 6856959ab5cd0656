#include "verdict/tokenizers/auto_tokenizer.h"

#include <algorithm>
#include <utility>

#include "verdict/base/error.h"
#include "verdict/base/json.h"
#include "verdict/base/strings.h"
#include "verdict/tokenizers/component.h"
#include "verdict/tokenizers/legacy/legacy_tokenizer.h"
#include "verdict/tokenizers/legacy/tokenizer_class.h"
#include "verdict/tokenizers/special_tokens.h"

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

AddedToken read_added_token(const json& item, std::int64_t id) {
  if (!item.is_object()) corrupt("added token", "it is no object");
  if (id < 0 || id > Vocabulary::kMostId) corrupt("added token", concat("its id is ", id));
  AddedToken token;
  token.content = get_string(item, "content", "");
  token.id = static_cast<std::int32_t>(id);
  token.single_word = get_bool(item, "single_word", false);
  token.lstrip = get_bool(item, "lstrip", false);
  token.rstrip = get_bool(item, "rstrip", false);
  token.special = get_bool(item, "special", false);
  token.normalized = get_bool(item, "normalized", !token.special);
  if (token.content.empty()) corrupt("added token", concat("the token ", id, " has no content"));
  return token;
}

/// The added tokens of tokenizer.json, then those that only tokenizer_config.json has.
std::vector<AddedToken> read_added_tokens(const json& tokenizer, const json& config) {
  std::vector<AddedToken> tokens;
  if (tokenizer.contains("added_tokens") && !tokenizer["added_tokens"].is_null()) {
    for (const json& item : get_list(tokenizer, "added_tokens")) {
      if (!item.is_object()) corrupt("added token", "it is no object");
      tokens.push_back(read_added_token(item, get_integer(item, "id", -1)));
    }
  }
  const json decoder = config.value("added_tokens_decoder", json::object());
  if (!decoder.is_object()) corrupt("config", "its \"added_tokens_decoder\" is no object");
  for (const auto& [key, item] : decoder.items()) {
    std::int64_t id = 0;
    const bool is_number =
        !key.empty() && key.size() < 10 && key.find_first_not_of("0123456789") == std::string::npos;
    if (!is_number)
      corrupt("config", concat("the id \"", key, "\" of an added token is no number"));
    id = std::stoll(key);
    const bool known = std::any_of(tokens.begin(), tokens.end(),
                                   [&](const AddedToken& token) { return token.id == id; });
    if (!known) tokens.push_back(read_added_token(item, id));
  }
  return tokens;
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
  settings.padding_side = side_from_name(get_string(config, "padding_side", "right"));
  settings.truncation_side = side_from_name(get_string(config, "truncation_side", "right"));
  settings.pad_token = special_token(config, "pad_token");
  settings.pad_token_type_id =
      static_cast<std::int32_t>(get_integer(config, "pad_token_type_id", 0));
  settings.clean_up_tokenization_spaces = get_bool(config, "clean_up_tokenization_spaces", false);
  return settings;
}

json component(const json& tokenizer, const char* name) {
  const auto found = tokenizer.find(name);
  return found == tokenizer.end() ? json() : *found;
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
  const std::string tokenizer_class = choose_tokenizer_class(own, read_json(files, "config.json"));
  json config = tokenizer_class_defaults(tokenizer_class);
  config.update(own);
  json tokenizer;
  if (const auto file = files.open("tokenizer.json")) {
    tokenizer = parse_json(read_text(*file), file->name());
    if (!tokenizer.is_object() || !tokenizer.contains("model")) {
      throw Error(ErrorCode::kCorruptFile,
                  concat("\"", file->name(), "\" is no tokenizer: it has no \"model\"."));
    }
  } else {
    tokenizer = read_legacy_tokenizer(files, config, tokenizer_class);
  }
  TokenizerParts parts;
  parts.normalizer = make_normalizer(component(tokenizer, "normalizer"));
  parts.pre_tokenizer = make_pre_tokenizer(component(tokenizer, "pre_tokenizer"));
  parts.model = make_tokenizer_model(component(tokenizer, "model"));
  parts.post_processor = make_post_processor(component(tokenizer, "post_processor"));
  parts.decoder = make_decoder(component(tokenizer, "decoder"));
  parts.added_tokens = read_added_tokens(tokenizer, config);
  parts.settings = read_settings(config);
  return std::make_unique<PretrainedTokenizer>(std::move(parts));
}

}  // namespace verdict

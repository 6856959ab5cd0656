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
  TokenizerParts parts = read_tokenizer_json(tokenizer, config);
  TokenizerSettings sections = std::exchange(parts.settings, read_settings(config));
  parts.settings.truncation = sections.truncation;
  parts.settings.padding = sections.padding;
  return std::make_unique<PretrainedTokenizer>(std::move(parts));
}

}  // namespace verdict

#include "verdict/tokenizers/auto_tokenizer.h"

#include <algorithm>
#include <array>
#include <memory>
#include <set>
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

constexpr const char* kTokenizerConfig = "tokenizer_config.json";
constexpr const char* kSpecialTokensMap = "special_tokens_map.json";
constexpr const char* kConfig = "config.json";

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

TokenizerSettings read_settings(const json& config, const std::string& tokenizer_class) {
  TokenizerSettings settings;
  settings.tokenizer_class = tokenizer_class;
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
  for (const std::string_view role : kSpecialTokenRoles) {
    if (auto token = special_token(config, role)) {
      settings.special_tokens.emplace(role, *std::move(token));
    }
  }
  settings.extra_special_tokens = extra_special_tokens(config);
  settings.pad_token_type_id =
      static_cast<std::int32_t>(get_integer(config, "pad_token_type_id", 0));
  settings.clean_up_tokenization_spaces = get_bool(config, "clean_up_tokenization_spaces", false);
  return settings;
}

struct Reading {
  TokenizerParts parts;
  json tokenizer_config;  ///< all that the files say beside the pipeline
};

Reading read(const FileSet& files) {
  json own = read_json(files, kSpecialTokensMap);
  own.update(read_json(files, kTokenizerConfig));
  std::string tokenizer_class = choose_tokenizer_class(own, read_json(files, kConfig));
  const auto file = files.open("tokenizer.json");
  // A bare vocab.txt is BERT's.
  if (tokenizer_class.empty() && !file && files.open("vocab.txt"))
    tokenizer_class = "BertTokenizer";
  json config = tokenizer_class_defaults(tokenizer_class);
  config.update(own);
  std::string room;
  Reading reading;
  TokenizerParts& parts = reading.parts;
  parts = file ? read_tokenizer_json(view_text(*file, room), file->name(), config)
               : read_tokenizer_json(read_legacy_tokenizer(files, config, tokenizer_class), config);
  TokenizerSettings sections =
      std::exchange(parts.settings, read_settings(config, tokenizer_class));
  parts.settings.truncation = sections.truncation;
  parts.settings.padding = sections.padding;
  if (!tokenizer_class.empty()) own["tokenizer_class"] = tokenizer_class;
  reading.tokenizer_config = std::move(own);
  return reading;
}

/// Knows which files were there when they were asked for.
class OpenedFiles final : public FileSet {
 public:
  explicit OpenedFiles(std::shared_ptr<const FileSet> files) : files_(std::move(files)) {}

  std::unique_ptr<ByteSource> open(const std::string& name) const override {
    auto file = files_->open(name);
    if (file) names_.insert(name);
    return file;
  }
  const std::string& name() const override { return files_->name(); }

  const std::shared_ptr<const FileSet>& files() const { return files_; }

  /// Those of the pipeline: what the others say is in the tokenizer's config.
  std::vector<std::string> names() const {
    std::vector<std::string> names(names_.begin(), names_.end());
    std::erase_if(names, [](const std::string& name) {
      return name == kConfig || name == kTokenizerConfig || name == kSpecialTokensMap;
    });
    return names;
  }

 private:
  std::shared_ptr<const FileSet> files_;
  mutable std::set<std::string> names_;
};

}  // namespace

AutoTokenizer::AutoTokenizer() {
  throw Error(
      ErrorCode::kInvalidArgument,
      "AutoTokenizer cannot be constructed; use AutoTokenizer::from_pretrained(name_or_path).");
}

std::unique_ptr<PretrainedTokenizer> AutoTokenizer::from_pretrained(const std::string& name_or_path,
                                                                    const HubOptions& options) {
  const OpenedFiles files(open_model(name_or_path, options));
  Reading reading = read(files);
  reading.parts.source = std::make_shared<TokenizerSource>(
      TokenizerSource{files.files(), files.names(), to_text(reading.tokenizer_config)});
  return std::make_unique<PretrainedTokenizer>(std::move(reading.parts));
}

std::unique_ptr<PretrainedTokenizer> AutoTokenizer::from_pretrained(const FileSet& files) {
  return std::make_unique<PretrainedTokenizer>(read(files).parts);
}

}  // namespace verdict

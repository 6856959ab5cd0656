#include "verdict/tokenizers/tokenizer_json.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "verdict/base/json.h"
#include "verdict/base/json_scanner.h"
#include "verdict/base/strings.h"
#include "verdict/base/utf8.h"
#include "verdict/tokenizers/component.h"

namespace verdict {

namespace {

using nlohmann::json;
using namespace tokenizer_json;

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
  std::unordered_set<std::int32_t> known;
  if (tokenizer.contains("added_tokens") && !tokenizer["added_tokens"].is_null()) {
    for (const json& item : get_list(tokenizer, "added_tokens")) {
      if (!item.is_object()) corrupt("added token", "it is no object");
      tokens.push_back(read_added_token(item, get_integer(item, "id", -1)));
      known.insert(tokens.back().id);
    }
  }
  const json decoder = config.value("added_tokens_decoder", json::object());
  if (!decoder.is_object()) corrupt("config", "its \"added_tokens_decoder\" is no object");
  std::vector<AddedToken> more;
  for (const auto& [key, item] : decoder.items()) {
    const bool is_number =
        !key.empty() && key.size() < 10 && key.find_first_not_of("0123456789") == std::string::npos;
    if (!is_number) {
      corrupt("config", concat("the id \"", key, "\" of an added token is no number"));
    }
    const AddedToken token = read_added_token(item, std::stoll(key));
    if (!known.contains(token.id)) more.push_back(token);
  }
  std::ranges::sort(more, {}, &AddedToken::id);
  tokens.insert(tokens.end(), more.begin(), more.end());
  return tokens;
}

void assign_ids(std::vector<AddedToken>& tokens, const TokenizerModel& model) {
  std::unordered_map<std::string, std::int32_t> added;
  auto next = static_cast<std::int32_t>(model.vocab_size());
  for (AddedToken& token : tokens) {
    const auto [place, is_new] = added.try_emplace(token.content, 0);
    if (is_new) {
      const auto id = model.token_to_id(token.content);
      place->second = id ? *id : next++;
    }
    token.id = place->second;
  }
}

Side read_direction(const json& section) {
  const std::string direction = get_string(section, "direction", "Right");
  if (direction != "Left" && direction != "Right") {
    corrupt("section", concat("its direction \"", direction, "\" is unknown"));
  }
  return direction == "Left" ? Side::kLeft : Side::kRight;
}

std::int64_t read_length(const json& section, std::string_view field) {
  const std::int64_t length = get_integer(section, field, 0);
  if (length < 0) corrupt("section", concat("its \"", field, "\" is negative"));
  return length;
}

Truncation read_truncation(const json& section) {
  Truncation truncation;
  truncation.side = read_direction(section);
  truncation.max_length = read_length(section, "max_length");
  truncation.stride = read_length(section, "stride");
  const std::string strategy = get_string(section, "strategy", "LongestFirst");
  if (strategy == "LongestFirst") {
    truncation.strategy = TruncationStrategy::kLongestFirst;
  } else if (strategy == "OnlyFirst") {
    truncation.strategy = TruncationStrategy::kOnlyFirst;
  } else if (strategy == "OnlySecond") {
    truncation.strategy = TruncationStrategy::kOnlySecond;
  } else {
    corrupt("section", concat("its strategy \"", strategy, "\" is unknown"));
  }
  return truncation;
}

Padding read_padding(const json& section) {
  Padding padding;
  padding.side = read_direction(section);
  padding.pad_to_multiple_of = read_length(section, "pad_to_multiple_of");
  padding.pad_token_id = static_cast<std::int32_t>(get_integer(section, "pad_id", 0));
  padding.pad_token_type_id = static_cast<std::int32_t>(get_integer(section, "pad_type_id", 0));
  const auto strategy = section.find("strategy");
  if (strategy == section.end() || *strategy == "BatchLongest") return padding;
  if (!strategy->is_object() || !strategy->contains("Fixed")) {
    corrupt("section", "its strategy is neither \"BatchLongest\" nor {\"Fixed\": …}");
  }
  padding.strategy = PaddingStrategy::kMaxLength;
  padding.max_length = read_length(*strategy, "Fixed");
  return padding;
}

template <typename Read>
auto read_section(const json& tokenizer, const char* name, const Read& read) {
  const auto found = tokenizer.find(name);
  const json section = found == tokenizer.end() ? json() : *found;
  return with_path(name, [&] { return read(section); });
}

template <typename Read>
auto read_optional_section(const json& tokenizer, const char* name, const Read& read) {
  return read_section(tokenizer, name, [&](const json& section) {
    using Result = std::optional<decltype(read(section))>;
    if (section.is_null()) return Result();
    if (!section.is_object()) corrupt("section", "it is no object");
    return Result(read(section));
  });
}

/// A tokenizer.json that is divided into what is parsed and the members of the model that are not.
struct DividedText {
  std::string rest;  // with null in the place of those members
  std::string_view vocab;
  std::string_view merges;
};

/// Nothing for text that had better be parsed as a whole: one that is no JSON, or has a member
/// twice.
std::optional<DividedText> divide(std::string_view text) {
  DividedText divided;
  std::size_t copied = 0;
  const auto cut = [&](std::string_view member) {
    const auto first = static_cast<std::size_t>(member.data() - text.data());
    divided.rest.append(text, copied, first - copied).append("null");
    copied = first + member.size();
  };
  bool is_plain = true;
  bool has_model = false;
  try {
    JsonScanner scanner(text);
    scanner.object([&](std::string_view key) {
      if (key != "model" || scanner.peek() != '{') {
        scanner.value();
        return;
      }
      is_plain = is_plain && !std::exchange(has_model, true);
      scanner.object([&](std::string_view member) {
        std::string_view* const place = member == "vocab"    ? &divided.vocab
                                        : member == "merges" ? &divided.merges
                                                             : nullptr;
        const std::string_view value = scanner.value();
        if (place == nullptr) return;
        is_plain = is_plain && !value.empty() && place->empty();
        *place = value;
        cut(value);
      });
    });
  } catch (const JsonScanner::Malformed&) {
    return std::nullopt;
  }
  if (!is_plain || !has_model || find_invalid_utf8(text)) return std::nullopt;
  divided.rest.append(text, copied, text.size() - copied);
  return divided;
}

TokenizerParts read_parts(const json& tokenizer, const ModelComponent& model, const json& config) {
  TokenizerParts parts;
  parts.normalizer = read_section(tokenizer, "normalizer", &make_normalizer);
  parts.pre_tokenizer = read_section(tokenizer, "pre_tokenizer", &make_pre_tokenizer);
  parts.model = with_path("model", [&] { return make_tokenizer_model(model); });
  parts.post_processor = read_section(tokenizer, "post_processor", &make_post_processor);
  parts.decoder = read_section(tokenizer, "decoder", &make_decoder);
  parts.settings.truncation = read_optional_section(tokenizer, "truncation", &read_truncation);
  parts.settings.padding = read_optional_section(tokenizer, "padding", &read_padding);
  parts.added_tokens = read_added_tokens(tokenizer, config);
  assign_ids(parts.added_tokens, *parts.model);
  return parts;
}

}  // namespace

TokenizerParts read_tokenizer_json(const json& tokenizer, const json& config) {
  const auto model = tokenizer.find("model");
  const json component = model == tokenizer.end() ? json() : *model;
  return read_parts(tokenizer, component, config);
}

TokenizerParts read_tokenizer_json(std::string_view text, std::string_view name,
                                   const json& config) {
  if (const auto divided = divide(text)) {
    const std::optional<json> tokenizer = try_parse_json(divided->rest);
    try {
      if (tokenizer) {
        return read_parts(*tokenizer, {tokenizer->at("model"), divided->vocab, divided->merges},
                          config);
      }
    } catch (const JsonScanner::Malformed&) {
      // The parser below words the error.
    }
  }
  const json tokenizer = parse_json(text, name);
  if (!tokenizer.is_object() || !tokenizer.contains("model")) {
    throw Error(ErrorCode::kCorruptFile,
                concat("\"", name, "\" is no tokenizer: it has no \"model\"."));
  }
  return read_tokenizer_json(tokenizer, config);
}

}  // namespace verdict

#include "verdict/tokenizers/legacy/assembly.h"

#include <algorithm>
#include <utility>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"
#include "verdict/tokenizers/component.h"
#include "verdict/tokenizers/legacy/tokenizer_class.h"
#include "verdict/tokenizers/special_tokens.h"

namespace verdict::legacy {

namespace {

using nlohmann::json;
using namespace tokenizer_json;

json template_pieces(const json& config, std::string_view words, const TokenIds& ids,
                     json& special_tokens) {
  json pieces = json::array();
  for (std::string_view word : split_words(words)) {
    std::int64_t type_id = 0;
    if (word.size() > 2 && word[word.size() - 2] == ':') {
      type_id = word.back() - '0';
      word.remove_suffix(2);
    }
    if (word.front() == '$') {
      pieces.push_back({{"Sequence", {{"id", std::string(word.substr(1))}, {"type_id", type_id}}}});
      continue;
    }
    const std::string role = concat(word, "_token");
    const bool is_role = std::ranges::find(kSpecialTokenRoles, role) != kSpecialTokenRoles.end();
    const std::string token = is_role ? require_role(config, role.c_str()) : std::string(word);
    pieces.push_back({{"SpecialToken", {{"id", token}, {"type_id", type_id}}}});
    special_tokens[token] = {{"id", token},
                             {"ids", json::array({ids.require(token)})},
                             {"tokens", json::array({token})}};
  }
  return pieces;
}

json added_token(std::int64_t id, const ExtraToken& token) {
  return {{"id", id},
          {"content", token.content},
          {"single_word", false},
          {"lstrip", token.lstrip},
          {"rstrip", token.rstrip},
          {"normalized", false},
          {"special", token.special}};
}

}  // namespace

TokenIds::TokenIds(const json& vocabulary) {
  if (vocabulary.is_object()) {
    for (const auto& [token, id] : vocabulary.items()) {
      if (!id.is_number_integer()) corrupt("vocabulary", "an id is no integer");
      add(token, id.get<std::int64_t>());
    }
    return;
  }
  for (const json& item : vocabulary) add(item[0].get<std::string>(), next_);
}

std::optional<std::int64_t> TokenIds::find(const std::string& token) const {
  const auto found = ids_.find(token);
  return found == ids_.end() ? std::nullopt : std::optional(found->second);
}

std::int64_t TokenIds::require(const std::string& token) const {
  if (const auto id = find(token)) return *id;
  throw Error(ErrorCode::kCorruptFile, concat("The vocabulary lacks the special token \"", token,
                                              "\" of the tokenizer's config."));
}

std::int64_t TokenIds::add(const std::string& token, std::optional<std::int64_t> id) {
  const std::int64_t given = id.value_or(next_);
  ids_.insert_or_assign(token, given);
  next_ = std::max(next_, given + 1);
  return given;
}

std::string require_role(const json& config, const char* role) {
  if (auto token = special_token(config, role)) return *std::move(token);
  throw Error(ErrorCode::kCorruptFile,
              concat("The tokenizer's config names no ", role, ", which its class needs."));
}

std::function<json(const TokenIds&)> template_post_processor(const json& config, std::string single,
                                                             std::string pair) {
  return [&config, single = std::move(single), pair = std::move(pair)](const TokenIds& ids) {
    json special_tokens = json::object();
    json single_pieces = template_pieces(config, single, ids, special_tokens);
    json pair_pieces = template_pieces(config, pair, ids, special_tokens);
    return json{{"type", "TemplateProcessing"},
                {"single", std::move(single_pieces)},
                {"pair", std::move(pair_pieces)},
                {"special_tokens", std::move(special_tokens)}};
  };
}

json assemble(Assembly assembly, const json& config, std::string_view tokenizer_class) {
  TokenIds ids(assembly.model.at("vocab"));
  json added = json::array();
  std::vector<std::string> known;
  const auto is_known = [&](const std::string& content) {
    return std::ranges::find(known, content) != known.end();
  };
  // The config's own list is exact; what it lacks follows from roles and class.
  const json decoder = config.value("added_tokens_decoder", json::object());
  if (!decoder.is_object()) corrupt("config", "its \"added_tokens_decoder\" is no object");
  for (const auto& [key, item] : decoder.items()) {
    if (!item.is_object() || key.empty() || key.size() > 9 ||
        key.find_first_not_of("0123456789") != std::string::npos) {
      corrupt("config", concat("the entry \"", key, "\" of its \"added_tokens_decoder\" is none"));
    }
    json token = item;
    token["id"] = std::stoll(key);
    known.push_back(get_string(token, "content", ""));
    ids.add(known.back(), std::stoll(key));
    added.push_back(std::move(token));
  }
  const auto add = [&](const ExtraToken& token) {
    if (token.content.empty() || is_known(token.content)) return;
    known.push_back(token.content);
    const auto id = ids.find(token.content);
    added.push_back(added_token(id ? *id : ids.add(token.content), token));
  };
  for (const ExtraToken& token : assembly.own_tokens) add(token);
  // The reference gives ids in this order to those that the vocabulary lacks.
  for (const std::string_view role : kSpecialTokenRoles) {
    const auto token = special_token(config, role);
    const bool is_mask = role == "mask_token";
    if (token) add({*token, true, is_mask && mask_takes_space(tokenizer_class)});
  }
  for (const ExtraToken& token : assembly.extra_tokens) add(token);
  for (std::string& token : extra_special_tokens(config)) add({std::move(token)});

  json tokenizer{{"added_tokens", std::move(added)},
                 {"normalizer", std::move(assembly.normalizer)},
                 {"pre_tokenizer", std::move(assembly.pre_tokenizer)},
                 {"decoder", std::move(assembly.decoder)}};
  tokenizer["post_processor"] = assembly.post_processor ? assembly.post_processor(ids) : json();
  tokenizer["model"] = std::move(assembly.model);
  return tokenizer;
}

json sequence(const char* field, std::vector<json> steps) {
  return {{"type", "Sequence"}, {field, std::move(steps)}};
}

json replace_string(const char* from, const char* to) {
  return {{"type", "Replace"}, {"pattern", {{"String", from}}}, {"content", to}};
}

json replace_regex(const char* from, const char* to) {
  return {{"type", "Replace"}, {"pattern", {{"Regex", from}}}, {"content", to}};
}

}  // namespace verdict::legacy

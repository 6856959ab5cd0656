#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

// What the readers of legacy vocabularies share: they make a tokenizer.json, so that one engine
// runs every tokenizer.
namespace verdict::legacy {

/// Ids of the tokens of a vocabulary and of the added tokens.
class TokenIds {
 public:
  /// `vocabulary` is the `vocab` of a model, a map or a list of [piece, score].
  explicit TokenIds(const nlohmann::json& vocabulary);

  std::optional<std::int64_t> find(const std::string& token) const;
  /// Throws `kCorruptFile` when there is no such token.
  std::int64_t require(const std::string& token) const;
  /// Gives a token an id of its own behind all others, or the given one.
  std::int64_t add(const std::string& token, std::optional<std::int64_t> id = std::nullopt);

 private:
  std::unordered_map<std::string, std::int64_t> ids_;
  std::int64_t next_ = 0;
};

/// A token that a class adds.
struct ExtraToken {
  std::string content;
  bool special = true;
  bool lstrip = false;
  bool rstrip = false;
};

struct Assembly {
  nlohmann::json model;
  nlohmann::json normalizer;     ///< null: none
  nlohmann::json pre_tokenizer;  ///< null: none
  nlohmann::json decoder;        ///< null: none
  /// Makes the post-processor; unset: none.
  std::function<nlohmann::json(const TokenIds&)> post_processor;
  std::vector<ExtraToken> own_tokens;    ///< of the vocabulary; their flags come before the roles
  std::vector<ExtraToken> extra_tokens;  ///< behind the tokens of the roles
};

/// The token of a role ("cls_token"), which must be there. Throws `kCorruptFile`.
std::string require_role(const nlohmann::json& config, const char* role);

/// A template as the reference writes them, "cls $A:0 sep:0": words are `$A`, `$B`, roles, or else
/// tokens; a type id of 0 may be left out.
std::function<nlohmann::json(const TokenIds&)> template_post_processor(const nlohmann::json& config,
                                                                       std::string single,
                                                                       std::string pair);

/// The tokenizer.json, with the added tokens that the config, the class and the assembly name.
/// `config` holds the class's defaults already.
nlohmann::json assemble(Assembly assembly, const nlohmann::json& config,
                        std::string_view tokenizer_class);

// Components of a tokenizer.json.
nlohmann::json sequence(const char* field, std::vector<nlohmann::json> steps);
nlohmann::json replace_string(const char* from, const char* to);
nlohmann::json replace_regex(const char* from, const char* to);

}  // namespace verdict::legacy

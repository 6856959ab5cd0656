#include "verdict/tokenizers/special_tokens.h"

#include "verdict/tokenizers/component.h"

namespace verdict {

std::vector<std::string> extra_special_tokens(const nlohmann::json& config) {
  std::vector<std::string> tokens;
  for (const char* field : {"additional_special_tokens", "extra_special_tokens"}) {
    const auto list = config.find(field);
    if (list == config.end() || !list->is_array()) continue;
    for (const nlohmann::json& item : *list) {
      const auto& content = item.is_object() && item.contains("content") ? item["content"] : item;
      if (content.is_string()) tokens.push_back(content.get<std::string>());
    }
  }
  return tokens;
}

std::optional<std::string> special_token(const nlohmann::json& config, std::string_view role) {
  const auto found = config.find(role);
  if (found == config.end() || found->is_null()) return std::nullopt;
  const nlohmann::json& token =
      found->is_object() && found->contains("content") ? (*found)["content"] : *found;
  if (!token.is_string()) {
    tokenizer_json::corrupt("config", "its \"" + std::string(role) + "\" is no token");
  }
  return token.get<std::string>();
}

}  // namespace verdict

#include "verdict/tokenizers/special_tokens.h"

#include "verdict/tokenizers/component.h"

namespace verdict {

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

#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace verdict {

/// The token of a role ("pad_token", "cls_token", …) in a tokenizer_config.json, which holds it as
/// a string or as an object with `content`; nothing when it is missing or null.
std::optional<std::string> special_token(const nlohmann::json& config, std::string_view role);

}  // namespace verdict

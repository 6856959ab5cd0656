#pragma once

#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace verdict {

/// In the reference's order.
inline constexpr std::array<std::string_view, 7> kSpecialTokenRoles{
    "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"};

/// The tokens without a role that a tokenizer_config.json lists (`additional_special_tokens`,
/// `extra_special_tokens`), in order.
std::vector<std::string> extra_special_tokens(const nlohmann::json& config);

/// The token of a role ("pad_token", "cls_token", …) in a tokenizer_config.json, which holds it as
/// a string or as an object with `content`; nothing when it is missing or null.
std::optional<std::string> special_token(const nlohmann::json& config, std::string_view role);

}  // namespace verdict

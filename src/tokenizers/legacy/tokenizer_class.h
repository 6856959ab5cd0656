#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace verdict {

/// The name of the tokenizer class as the reference's AutoTokenizer chooses it, without "Fast": the
/// `tokenizer_class` of tokenizer_config.json, else that of config.json, else the class that goes
/// with the `model_type` of config.json; empty when there is none of them.
std::string choose_tokenizer_class(const nlohmann::json& tokenizer_config,
                                   const nlohmann::json& model_config);

/// What the class itself sets where tokenizer_config.json says nothing: special tokens by role and
/// the padding side, under the names of tokenizer_config.json.
nlohmann::json tokenizer_class_defaults(std::string_view tokenizer_class);

/// Whether the class lets its mask token take the white space before it.
bool mask_takes_space(std::string_view tokenizer_class);

}  // namespace verdict

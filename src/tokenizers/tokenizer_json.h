#pragma once

#include <nlohmann/json.hpp>

#include "verdict/tokenizers/pretrained_tokenizer.h"

namespace verdict {

/// The tokenizer of a tokenizer.json: its components, its added tokens, and its sections
/// `truncation` and `padding` as settings. `config` is the tokenizer_config.json, whose
/// `added_tokens_decoder` may have further added tokens; an empty object when there is none.
///
/// As the reference does, an added token that the vocabulary has gets the vocabulary's id, and
/// another the next free one, whatever id the file gives it.
///
/// Throws `kCorruptFile` for a file that contradicts itself and `kUnsupported` for a component that
/// this version does not have, both with the place in the file.
TokenizerParts read_tokenizer_json(const nlohmann::json& tokenizer, const nlohmann::json& config);

/// The same of the text of a file, whose name stands in the messages of text that is no JSON.
TokenizerParts read_tokenizer_json(std::string_view text, std::string_view name,
                                   const nlohmann::json& config);

}  // namespace verdict

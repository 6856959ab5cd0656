#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

namespace verdict {

/// The tokenizer.json that the reference's converter makes of a BERT-style `vocab.txt` (one token a
/// line) and its `tokenizer_config.json`. Throws `kUnsupported` for a `tokenizer_class` that is not
/// of that kind, `kCorruptFile` for a vocabulary without a token that the config names.
nlohmann::json tokenizer_json_from_vocab_txt(std::string_view vocab_txt,
                                             const nlohmann::json& tokenizer_config);

}  // namespace verdict

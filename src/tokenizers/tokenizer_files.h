#pragma once

#include <array>
#include <string_view>

namespace verdict {

/// The names of all files that a tokenizer may be made of, beside config.json.
inline constexpr auto kTokenizerFiles = std::to_array<std::string_view>({
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "bpe.codes",
    "prophetnet.tokenizer",
    "spiece.model",
    "sentencepiece.bpe.model",
    "sentencepiece.model",
    "spm.model",
    "tokenizer.model",
});

}  // namespace verdict

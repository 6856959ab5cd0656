#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "verdict/tokenizers/pattern.h"

namespace verdict {

/// GPT-2's pattern, which the pre-tokenizer ByteLevel uses.
extern const std::string_view kGpt2Pattern;

/// Qwen2's, which its legacy files imply.
extern const std::string_view kQwen2Pattern;

/// A matcher of its own for a regular expression that many published tokenizers use; null for
/// another. It gives the same matches in linear time.
std::unique_ptr<Pattern> find_known_pattern(std::string_view regex);

/// The regular expressions that have one.
std::vector<std::string_view> known_patterns();

}  // namespace verdict

#pragma once

#include "verdict/tokenizers/pre_tokenizers/pre_tokenizer.h"

namespace verdict {

/// Splits where the script changes; Han, Hiragana and Katakana count as one (reference:
/// UnicodeScripts of tokenizers).
class UnicodeScriptsPreTokenizer final : public PreTokenizer {
 public:
  void split(PreTokenizedText& text) const override;
};

}  // namespace verdict

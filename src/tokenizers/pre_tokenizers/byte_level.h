#pragma once

#include <memory>

#include "verdict/tokenizers/pattern.h"
#include "verdict/tokenizers/pre_tokenizers/pre_tokenizer.h"

namespace verdict {

/// Splits as GPT-2 and turns bytes into characters (reference: ByteLevel of tokenizers).
class ByteLevelPreTokenizer final : public PreTokenizer {
 public:
  ByteLevelPreTokenizer(bool add_prefix_space, bool use_regex);
  void split(PreTokenizedText& text) const override;

 private:
  bool add_prefix_space_;
  std::unique_ptr<Pattern> pattern_;  // null without use_regex
};

}  // namespace verdict

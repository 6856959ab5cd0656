#pragma once

#include <memory>

#include "verdict/tokenizers/pattern.h"
#include "verdict/tokenizers/pre_tokenizers/pre_tokenizer.h"

namespace verdict {

/// Divides every piece of the text at the matches of a pattern (see `split_at`).
void split_pieces(PreTokenizedText& text, const Pattern& pattern, SplitBehavior behavior,
                  bool invert);

/// Splits at the matches of a pattern (reference: Split of tokenizers).
class SplitPreTokenizer final : public PreTokenizer {
 public:
  SplitPreTokenizer(std::unique_ptr<Pattern> pattern, SplitBehavior behavior, bool invert);
  void split(PreTokenizedText& text) const override;

 private:
  std::unique_ptr<Pattern> pattern_;
  SplitBehavior behavior_;
  bool invert_;
};

}  // namespace verdict

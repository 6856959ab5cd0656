#include "verdict/tokenizers/pre_tokenizers/split.h"

#include <utility>

namespace verdict {

SplitPreTokenizer::SplitPreTokenizer(std::unique_ptr<Pattern> pattern, SplitBehavior behavior,
                                     bool invert)
    : pattern_(std::move(pattern)), behavior_(behavior), invert_(invert) {}

void SplitPreTokenizer::split(PreTokenizedText& text) const {
  std::vector<TextRange> pieces;
  std::vector<TextRange> matches;
  for (const TextRange piece : text.pieces) {
    matches.clear();
    pattern_->find(piece.of(text.text.text()), matches);
    split_at(piece, matches, behavior_, invert_, pieces);
  }
  text.pieces = std::move(pieces);
}

}  // namespace verdict

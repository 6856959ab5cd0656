#include "verdict/tokenizers/pre_tokenizers/split.h"

#include <utility>

namespace verdict {

void split_pieces(PreTokenizedText& text, const Pattern& pattern, SplitBehavior behavior,
                  bool invert) {
  std::vector<TextRange> pieces;
  std::vector<TextRange> matches;
  for (const TextRange piece : text.pieces) {
    matches.clear();
    pattern.find(piece.of(text.text.text()), matches);
    split_at(piece, matches, behavior, invert, pieces);
  }
  text.pieces = std::move(pieces);
}

SplitPreTokenizer::SplitPreTokenizer(std::unique_ptr<Pattern> pattern, SplitBehavior behavior,
                                     bool invert)
    : pattern_(std::move(pattern)), behavior_(behavior), invert_(invert) {}

void SplitPreTokenizer::split(PreTokenizedText& text) const {
  split_pieces(text, *pattern_, behavior_, invert_);
}

}  // namespace verdict

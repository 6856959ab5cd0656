#include "verdict/tokenizers/pre_tokenizers/byte_level.h"

#include <algorithm>
#include <utility>

#include "verdict/tokenizers/known_patterns.h"

namespace verdict {

ByteLevelPreTokenizer::ByteLevelPreTokenizer(bool add_prefix_space, bool use_regex)
    : add_prefix_space_(add_prefix_space),
      pattern_(use_regex ? make_regex_pattern(kGpt2Pattern) : nullptr) {}

void ByteLevelPreTokenizer::split(PreTokenizedText& text) const {
  const auto lacks_space = [&](TextRange piece) { return text.text.text()[piece.first] != ' '; };
  if (add_prefix_space_ && std::ranges::any_of(text.pieces, lacks_space)) {
    text.rebuild([&](TextRange piece, NormalizedText::Builder& builder) {
      if (lacks_space(piece)) builder.insert(" ", text.text.origin_of_character(piece.first));
      builder.keep(piece);
    });
  }
  if (pattern_) {
    std::vector<TextRange> pieces;
    std::vector<TextRange> matches;
    for (const TextRange piece : text.pieces) {
      matches.clear();
      pattern_->find(piece.of(text.text.text()), matches);
      split_at(piece, matches, SplitBehavior::kIsolated, false, pieces);
    }
    text.pieces = std::move(pieces);
  }
  text.byte_level = true;
}

}  // namespace verdict

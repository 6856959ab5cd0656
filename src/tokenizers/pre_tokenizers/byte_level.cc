#include "verdict/tokenizers/pre_tokenizers/byte_level.h"

#include <algorithm>

#include "verdict/tokenizers/known_patterns.h"
#include "verdict/tokenizers/pre_tokenizers/split.h"

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
  if (pattern_) split_pieces(text, *pattern_, SplitBehavior::kIsolated, false);
  text.byte_level = true;
}

}  // namespace verdict

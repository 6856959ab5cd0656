#include "verdict/tokenizers/pre_tokenizers/fixed_length.h"

#include <utility>

namespace verdict {

void FixedLengthPreTokenizer::split(PreTokenizedText& text) const {
  std::vector<TextRange> pieces;
  for (const TextRange piece : text.pieces) {
    std::size_t at = piece.first;
    while (at < piece.last) {
      const auto first = static_cast<std::uint32_t>(at);
      for (std::size_t n = 0; n < length_ && at < piece.last; ++n) {
        next_code_point(text.text.text(), at);
      }
      pieces.push_back({first, static_cast<std::uint32_t>(at)});
    }
  }
  text.pieces = std::move(pieces);
}

}  // namespace verdict

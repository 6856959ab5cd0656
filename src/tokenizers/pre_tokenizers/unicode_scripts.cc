#include "verdict/tokenizers/pre_tokenizers/unicode_scripts.h"

#include <utility>

#include "verdict/base/unicode.h"

namespace verdict {

void UnicodeScriptsPreTokenizer::split(PreTokenizedText& text) const {
  std::vector<TextRange> pieces;
  for (const TextRange piece : text.pieces) {
    // As in the reference, what comes before the first character that has a script disappears.
    int script = unicode::kNoScript;
    bool open = false;
    std::size_t at = piece.first;
    while (at < piece.last) {
      const auto first = static_cast<std::uint32_t>(at);
      const int next = unicode::script(next_code_point(text.text.text(), at));
      const auto last = static_cast<std::uint32_t>(at);
      if (next != unicode::kNoScript && next != script) {
        pieces.push_back({first, last});
        open = true;
      } else if (open) {
        pieces.back().last = last;
      }
      if (next != unicode::kNoScript) script = next;
    }
  }
  text.pieces = std::move(pieces);
}

}  // namespace verdict

#include "verdict/tokenizers/decoders/replace.h"

namespace verdict {

void ReplaceDecoder::decode(std::vector<std::string>& tokens) const {
  std::vector<TextRange> matches;
  for (std::string& token : tokens) {
    matches.clear();
    pattern_->find(token, matches);
    if (matches.empty()) continue;
    std::string text;
    std::size_t at = 0;
    for (const TextRange match : matches) {
      text.append(token, at, match.first - at).append(content_);
      at = match.last;
    }
    token = std::move(text.append(token, at));
  }
}

}  // namespace verdict

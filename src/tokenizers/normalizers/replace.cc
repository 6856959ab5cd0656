#include "verdict/tokenizers/normalizers/replace.h"

#include <utility>
#include <vector>

namespace verdict {

ReplaceNormalizer::ReplaceNormalizer(std::unique_ptr<Pattern> pattern, std::string content)
    : pattern_(std::move(pattern)), content_(std::move(content)) {}

void ReplaceNormalizer::normalize(NormalizedText& text) const {
  std::vector<TextRange> matches;
  pattern_->find(text.text(), matches);
  if (matches.empty()) return;
  NormalizedText::Builder builder(text);
  std::uint32_t at = 0;
  for (const TextRange match : matches) {
    builder.keep({at, match.first});
    // As in the reference, all of it comes from the last character of the match.
    builder.insert(content_, text.origin_of_insertion(match.last));
    at = match.last;
  }
  builder.keep({at, static_cast<std::uint32_t>(text.text().size())});
  text = std::move(builder).finish();
}

}  // namespace verdict

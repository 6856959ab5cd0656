#include "verdict/tokenizers/pre_tokenizers/metaspace.h"

#include <algorithm>
#include <utility>

#include "verdict/base/strings.h"
#include "verdict/tokenizers/component.h"

namespace verdict {

PrependScheme prepend_scheme_from_name(std::string_view name) {
  if (name == "never") return PrependScheme::kNever;
  if (name == "first") return PrependScheme::kFirst;
  if (name == "always") return PrependScheme::kAlways;
  tokenizer_json::corrupt("Metaspace", concat("its prepend_scheme \"", name, "\" is unknown"));
}

MetaspacePreTokenizer::MetaspacePreTokenizer(std::string replacement, PrependScheme scheme,
                                             bool splits)
    : replacement_(std::move(replacement)), scheme_(scheme), splits_(splits) {}

void MetaspacePreTokenizer::split(PreTokenizedText& text) const {
  text.rebuild([&](TextRange piece, NormalizedText::Builder& builder) {
    const std::string_view content = piece.of(text.text.text());
    const TextRange first = text.text.origin_of_character(piece.first);
    const bool may_prepend =
        scheme_ == PrependScheme::kAlways || (scheme_ == PrependScheme::kFirst && first.first == 0);
    if (may_prepend && content[0] != ' ' && !starts_with(content, replacement_)) {
      builder.insert(replacement_, first);
    }
    std::uint32_t at = piece.first;
    while (at < piece.last) {
      const std::size_t space = std::min(content.find(' ', at - piece.first), content.size());
      const std::uint32_t last = piece.first + static_cast<std::uint32_t>(space);
      builder.keep({at, last});
      at = last;
      if (at == piece.last) break;
      builder.insert(replacement_, text.text.origin_of_character(at));
      ++at;
    }
  });
  if (!splits_) return;
  std::vector<TextRange> pieces;
  for (const TextRange piece : text.pieces) {
    const std::string_view content = piece.of(text.text.text());
    std::size_t first = 0;
    while (first < content.size()) {
      const std::size_t next = content.find(replacement_, first + 1);
      const std::size_t last = std::min(next, content.size());
      pieces.push_back({piece.first + static_cast<std::uint32_t>(first),
                        piece.first + static_cast<std::uint32_t>(last)});
      first = last;
    }
  }
  text.pieces = std::move(pieces);
}

}  // namespace verdict

#include "verdict/tokenizers/normalizers/strip.h"

#include <utility>

#include "verdict/base/unicode.h"

namespace verdict {

void StripNormalizer::normalize(NormalizedText& text) const {
  const std::string& s = text.text();
  const std::size_t first = left_ ? unicode::skip_space_at(s, 0) : 0;
  const std::size_t last = right_ ? unicode::skip_space_before(s, s.size(), first) : s.size();
  if (first == 0 && last == s.size()) return;
  NormalizedText::Builder builder(text);
  builder.keep({static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(last)});
  text = std::move(builder).finish();
}

}  // namespace verdict

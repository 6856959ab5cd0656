#include "verdict/tokenizers/normalized_text.h"

#include <algorithm>
#include <span>
#include <utility>

#include "verdict/base/unicode.h"

namespace verdict {

TextRange NormalizedText::origin(TextRange range) const {
  if (!track_) return {};
  if (!rewritten_) return {range.first + offset_, range.last + offset_};
  if (range.size() == 0) {
    const std::uint32_t at = range.first < origins_.size() ? origins_[range.first].first : offset_;
    return {at, at};
  }
  return {origins_[range.first].first, origins_[range.last - 1].last};
}

NormalizedText NormalizedText::slice(TextRange range) const {
  NormalizedText part(range.of(text_), offset_ + range.first, track_);
  part.rewritten_ = rewritten_;
  if (!origins_.empty()) {
    const auto origins = std::span(origins_).subspan(range.first, range.size());
    part.origins_.assign(origins.begin(), origins.end());
  }
  return part;
}

void NormalizedText::order_marks() {
  struct Character {
    TextRange bytes;
    int rank;
  };
  std::vector<Character> characters;
  bool ordered = true;
  std::size_t at = 0;
  while (at < text_.size()) {
    const auto first = static_cast<std::uint32_t>(at);
    const int rank = unicode::combining_rank(next_code_point(text_, at));
    if (rank > 0 && !characters.empty() && characters.back().rank > rank) ordered = false;
    characters.push_back({{first, static_cast<std::uint32_t>(at)}, rank});
  }
  if (ordered) return;
  for (auto run = characters.begin(); run != characters.end();) {
    const auto is_starter = [](const Character& c) { return c.rank == 0; };
    const auto end = std::find_if(run, characters.end(), is_starter);
    std::stable_sort(run, end,
                     [](const Character& a, const Character& b) { return a.rank < b.rank; });
    run = end == characters.end() ? end : end + 1;
  }
  std::string text;
  std::vector<TextRange> origins;
  for (const Character& character : characters) {
    text += character.bytes.of(text_);
    if (track_) origins.resize(text.size(), origin(character.bytes));
  }
  text_ = std::move(text);
  origins_ = std::move(origins);
  rewritten_ = true;
}

}  // namespace verdict

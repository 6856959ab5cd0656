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

TextRange NormalizedText::origin_of_character(std::size_t at) const {
  if (rewritten_) return origins_[at];
  while (!is_code_point_start(text_[at])) --at;
  std::size_t last = at;
  next_code_point(text_, last);
  return origin({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(last)});
}

void NormalizedText::transform(std::string text, std::span<const std::int32_t> changes) {
  if (track_) {
    std::vector<TextRange> origins;
    origins.reserve(text.size());
    std::size_t old = 0;
    std::size_t at = 0;
    for (const std::int32_t change : changes) {
      const bool inserted = change > 0;
      TextRange range{offset_, offset_};
      if (old > 0 || !inserted) {
        range = origin_of_character(inserted ? old - 1 : std::min(old, text_.size() - 1));
      }
      for (std::int32_t used = change; used <= 0 && old < text_.size(); ++used) {
        next_code_point(text_, old);
      }
      next_code_point(text, at);
      origins.resize(at, range);
    }
    origins_ = std::move(origins);
  }
  text_ = std::move(text);
  rewritten_ = true;
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

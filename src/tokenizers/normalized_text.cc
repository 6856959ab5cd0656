#include "verdict/tokenizers/normalized_text.h"

#include <algorithm>
#include <span>
#include <utility>

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
  NormalizedText part(range.of(text_), origin(range).first, track_);
  part.rewritten_ = rewritten_;
  if (!origins_.empty()) {
    const auto origins = std::span(origins_).subspan(range.first, range.size());
    part.origins_.assign(origins.begin(), origins.end());
  }
  return part;
}

TextRange NormalizedText::origin_of_character(std::size_t at) const {
  if (!track_) return {};
  if (rewritten_) return origins_[at];
  while (!is_code_point_start(text_[at])) --at;
  std::size_t last = at;
  next_code_point(text_, last);
  return origin({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(last)});
}

bool NormalizedText::map_ascii(const AsciiMap& map) {
  const auto replacement = [&](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < map.size() ? map[byte] : kNotAscii;
  };
  for (const char c : text_) {
    if (replacement(c) == kNotAscii) return false;
  }
  for (char& c : text_) c = replacement(c);
  return true;
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

TextRange NormalizedText::origin_of_insertion(std::size_t at) const {
  if (!track_) return {};
  return at == 0 ? TextRange{offset_, offset_} : origin_of_character(at - 1);
}

void NormalizedText::Builder::keep(TextRange range) {
  text_ += range.of(from_.text_);
  if (!from_.track_) return;
  if (from_.rewritten_) {
    const auto origins = std::span(from_.origins_).subspan(range.first, range.size());
    origins_.insert(origins_.end(), origins.begin(), origins.end());
    return;
  }
  std::size_t at = range.first;
  while (at < range.last) {
    const auto first = static_cast<std::uint32_t>(at);
    next_code_point(from_.text_, at);
    const TextRange origin = from_.origin({first, static_cast<std::uint32_t>(at)});
    origins_.insert(origins_.end(), at - first, origin);
  }
}

void NormalizedText::Builder::insert(std::string_view text, TextRange origin) {
  text_ += text;
  if (from_.track_) origins_.insert(origins_.end(), text.size(), origin);
}

NormalizedText NormalizedText::Builder::finish() && {
  NormalizedText text({}, from_.offset_, from_.track_);
  text.text_ = std::move(text_);
  text.origins_ = std::move(origins_);
  text.rewritten_ = true;
  return text;
}

}  // namespace verdict

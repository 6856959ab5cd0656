#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "verdict/base/utf8.h"

namespace verdict {

/// Bytes first … last - 1 of a text.
struct TextRange {
  std::uint32_t first = 0;
  std::uint32_t last = 0;

  std::uint32_t size() const { return last - first; }
  std::string_view of(std::string_view text) const { return text.substr(first, size()); }
  friend bool operator==(const TextRange&, const TextRange&) = default;
};

/// A text on its way through normalizers, which remembers for every byte where it comes from.
class NormalizedText {
 public:
  /// `original` begins at byte `offset` of the whole input. Without `track` every origin is [0, 0),
  /// which makes encoding faster.
  NormalizedText(std::string_view original, std::uint32_t offset, bool track)
      : text_(original), offset_(offset), track_(track) {}

  const std::string& text() const { return text_; }
  bool tracks() const { return track_; }

  /// Bytes of the whole input that a range of the text comes from.
  TextRange origin(TextRange range) const;

  /// A part of the text as a text of its own.
  NormalizedText slice(TextRange range) const;

  /// ASCII characters by what replaces each; `kNotAscii` where that is not one ASCII character.
  using AsciiMap = std::array<char, 128>;
  static constexpr char kNotAscii = '\x80';

  /// Replaces the characters of a text that is ASCII and stays so; does nothing, and says so, where
  /// it does not.
  bool map_ascii(const AsciiMap& map);

  /// Rewrites the text character by character: `rewrite(c, emit)` calls `emit(d)` for each code
  /// point that replaces c. All of them come from where c came from.
  template <typename Rewrite>
  void rewrite(const Rewrite& rewrite_character) {
    std::string text;
    text.reserve(text_.size() + text_.size() / 8);
    std::vector<TextRange> origins;
    if (track_) origins.reserve(text.capacity());
    std::size_t at = 0;
    while (at < text_.size()) {
      const auto first = static_cast<std::uint32_t>(at);
      const char32_t c = next_code_point(text_, at);
      rewrite_character(c, [&](char32_t d) { append_code_point(text, d); });
      if (track_) {
        origins.resize(text.size(), origin({first, static_cast<std::uint32_t>(at)}));
      }
    }
    text_ = std::move(text);
    origins_ = std::move(origins);
    rewritten_ = true;
  }

  /// Puts `text` in place of the whole text, with a change a character (none when `tracks()` is
  /// false): 0 for one that replaces the next old one, -n for one that also swallows n more, 1 for
  /// one that is inserted and comes from where the one before came from (reference: transform).
  void transform(std::string text, std::span<const std::int32_t> changes);

  /// Where the character that byte `at` belongs to comes from.
  TextRange origin_of_character(std::size_t at) const;

  /// Where something that is inserted at byte `at` comes from: as the character before it.
  TextRange origin_of_insertion(std::size_t at) const;

  /// Puts another text together from parts of this one and insertions.
  class Builder {
   public:
    explicit Builder(const NormalizedText& from) : from_(from) { text_.reserve(from.text_.size()); }
    void keep(TextRange range);
    void insert(std::string_view text, TextRange origin);
    std::uint32_t size() const { return static_cast<std::uint32_t>(text_.size()); }
    NormalizedText finish() &&;

   private:
    const NormalizedText& from_;
    std::string text_;
    std::vector<TextRange> origins_;
  };

 private:
  std::string text_;
  std::uint32_t offset_;
  bool track_;
  bool rewritten_ = false;
  std::vector<TextRange> origins_;  // by byte, once the text was rewritten
};

}  // namespace verdict

#include "verdict/tokenizers/normalizers/precompiled.h"

#include <algorithm>
#include <utility>

#include "verdict/base/base64.h"
#include "verdict/base/grapheme.h"
#include "verdict/base/strings.h"
#include "verdict/base/utf8.h"
#include "verdict/tokenizers/component.h"

namespace verdict {

namespace {

/// Graphemes of more bytes are replaced character by character.
constexpr std::size_t kLongestGrapheme = 5;

bool is_ascii(char byte) { return static_cast<unsigned char>(byte) < 0x80; }

std::uint32_t little_endian(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

// The fields of a unit of Darts.
bool has_leaf(std::uint32_t unit) { return (unit >> 8 & 1) == 1; }
bool is_leaf(std::uint32_t unit) { return unit >> 31 == 1; }
std::uint32_t value(std::uint32_t unit) { return unit & 0x7fffffff; }
std::uint32_t label(std::uint32_t unit) { return unit & 0x800000ff; }
std::uint32_t offset(std::uint32_t unit) { return unit >> 10 << (unit >> 9 & 1) * 8; }

[[noreturn]] void corrupt_map(std::string_view what) {
  tokenizer_json::corrupt("normalizer", concat("its precompiled_charsmap ", what));
}

/// Collects the new text and, for `NormalizedText::transform`, the change of each of its
/// characters.
class Rewriter {
 public:
  explicit Rewriter(bool tracks) : tracks_(tracks) {}

  void keep(std::string_view part) {
    text_ += part;
    if (!tracks_) return;
    changes_.resize(changes_.size() + static_cast<std::size_t>(count(part)), 0);
  }

  void replace(std::string_view old_part, std::string_view new_part) {
    text_ += new_part;
    if (!tracks_) return;
    const std::ptrdiff_t characters = count(new_part);
    const std::ptrdiff_t more = characters - count(old_part);
    changes_.resize(changes_.size() + static_cast<std::size_t>(characters), 0);
    if (more > 0) std::fill(changes_.end() - more, changes_.end(), 1);
    if (more < 0 && !changes_.empty()) changes_.back() += static_cast<std::int32_t>(more);
  }

  void finish(NormalizedText& text) { text.transform(std::move(text_), changes_); }

 private:
  static std::ptrdiff_t count(std::string_view part) {
    return std::ranges::count_if(part, is_code_point_start);
  }

  bool tracks_;
  std::string text_;
  std::vector<std::int32_t> changes_;
};

}  // namespace

Precompiled::Precompiled(std::string_view charsmap) {
  if (charsmap.size() < 4) corrupt_map("is shorter than four bytes");
  const std::uint32_t size = little_endian(charsmap, 0);
  if (size > charsmap.size() - 4) corrupt_map("ends within its trie");
  units_.resize(size / 4);
  for (std::size_t i = 0; i < units_.size(); ++i) units_[i] = little_endian(charsmap, 4 + 4 * i);
  replacements_ = charsmap.substr(4 + 4 * units_.size());
  if (find_invalid_utf8(replacements_)) corrupt_map("has replacements that are not UTF-8");
  if (units_.empty()) corrupt_map("has an empty trie");

  // All places that a search can reach are within the arrays.
  for (std::size_t i = 0; i < units_.size(); ++i) {
    const std::uint32_t unit = units_[i];
    if (is_leaf(unit) && i > 0) continue;
    const std::size_t children = i ^ offset(unit);
    if ((children | 0xff) >= units_.size()) corrupt_map("has a trie that points outside itself");
    if (!has_leaf(unit)) continue;
    const std::uint32_t start = value(units_[children]);
    if (start >= replacements_.size() || !is_code_point_start(replacements_[start])) {
      corrupt_map("has a trie that points outside the replacements");
    }
  }
  for (std::size_t c = 0; c < keeps_.size(); ++c) {
    const char byte = static_cast<char>(c);
    const auto replacement = find({&byte, 1});
    keeps_[c] = !replacement || *replacement == std::string_view(&byte, 1);
  }
}

std::optional<std::string_view> Precompiled::find(std::string_view chunk) const {
  std::size_t at = offset(units_[0]);
  for (const char c : chunk) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte == 0) break;
    at ^= byte;
    const std::uint32_t unit = units_[at];
    if (label(unit) != byte) break;
    at ^= offset(unit);
    if (!has_leaf(unit)) continue;
    const auto from = std::string_view(replacements_).substr(value(units_[at]));
    return from.substr(0, from.find('\0'));
  }
  return std::nullopt;
}

void Precompiled::normalize(NormalizedText& text) const {
  const std::string_view old = text.text();
  Rewriter rewriter(text.tracks());
  std::size_t kept = 0;  // everything before is in the rewriter
  bool changed = false;
  const auto replace = [&](std::size_t first, std::size_t last, std::string_view replacement) {
    rewriter.keep(old.substr(kept, first - kept));
    rewriter.replace(old.substr(first, last - first), replacement);
    kept = last;
    changed = true;
  };
  for (std::size_t at = 0; at < old.size();) {
    const bool alone = is_ascii(old[at]) && (at + 1 == old.size() || is_ascii(old[at + 1]));
    if (alone && old[at] != '\r' && keeps(old[at])) {
      ++at;
      continue;
    }
    const std::size_t end = next_grapheme(old, at);
    const std::string_view grapheme = old.substr(at, end - at);
    if (grapheme.size() <= kLongestGrapheme) {
      if (const auto replacement = find(grapheme)) {
        replace(at, end, *replacement);
        at = end;
        continue;
      }
    }
    while (at < end) {
      std::size_t next = at;
      next_code_point(old, next);
      if (const auto replacement = find(old.substr(at, next - at))) replace(at, next, *replacement);
      at = next;
    }
  }
  if (!changed) return;
  rewriter.keep(old.substr(kept));
  rewriter.finish(text);
}

std::unique_ptr<Normalizer> make_precompiled(const nlohmann::json& component) {
  // The readers of sentencepiece models hand the bytes on as they are.
  const auto bytes = component.find("precompiled_charsmap");
  if (bytes != component.end() && bytes->is_binary()) {
    const auto& binary = bytes->get_binary();
    return std::make_unique<Precompiled>(std::string(binary.begin(), binary.end()));
  }
  const auto charsmap =
      decode_base64(tokenizer_json::get_string(component, "precompiled_charsmap", ""));
  if (!charsmap) corrupt_map("is not base64");
  return std::make_unique<Precompiled>(*charsmap);
}

}  // namespace verdict

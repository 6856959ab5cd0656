#include "verdict/base/unicode.h"

#include <algorithm>
#include <span>
#include <tuple>

#include "verdict/base/utf8.h"

namespace verdict::unicode {

namespace {

struct CombiningRange {
  char32_t first;
  char32_t last;
  int rank;
};

/// The strings of some code points. Those of plane p are keys[planes[p]] … keys[planes[p + 1] - 1];
/// the string of key i is pool[starts[i]] … pool[starts[i + 1] - 1].
struct Mapping {
  const std::uint16_t* keys;
  const std::uint16_t* starts;
  const char16_t* pool;
  std::uint16_t planes[5];
};

struct Composition {
  char32_t first;
  char32_t second;
  char32_t composite;
};

/// From `first` to the next range.
struct ScriptRange {
  char32_t first : 24;
  unsigned script : 8;
};

#include "verdict/base/unicode_tables.inc"

std::u16string_view map(const Mapping& mapping, char32_t c) {
  const char32_t plane = c >> 16;
  if (plane >= 4) return {};
  const std::span keys(mapping.keys + mapping.planes[plane],
                       mapping.keys + mapping.planes[plane + 1]);
  const auto low = static_cast<std::uint16_t>(c & 0xffff);
  const auto found = std::lower_bound(keys.begin(), keys.end(), low);
  if (found == keys.end() || *found != low) return {};
  const auto index = static_cast<std::size_t>(&*found - mapping.keys);
  const std::uint16_t start = mapping.starts[index];
  return {mapping.pool + start, static_cast<std::size_t>(mapping.starts[index + 1] - start)};
}

}  // namespace

std::uint32_t properties(char32_t c) {
  if (c > 0x10ffff) return 0;
  return kPropertySets[kPropertyData[std::size_t{kPropertyBlocks[c >> 7]} << 7 | (c & 0x7f)]];
}

std::u16string_view lowercase(char32_t c) {
  return has(c, kHasLowercase) ? map(kLowercase, c) : std::u16string_view();
}

std::u16string_view decomposition(char32_t c) {
  return has(c, kHasDecomposition) ? map(kDecomposition, c) : std::u16string_view();
}

std::u16string_view compatibility_decomposition(char32_t c) {
  if (!has(c, kHasCompatibility)) return {};
  const std::u16string_view found = map(kCompatibility, c);
  return found.empty() ? map(kDecomposition, c) : found;
}

char32_t compose(char32_t first, char32_t second) {
  // Hangul by rule (Unicode 16, section 3.12): L + V, then LV + T.
  if (first >= 0x1100 && first < 0x1113 && second >= 0x1161 && second < 0x1176) {
    return 0xac00 + ((first - 0x1100) * 21 + (second - 0x1161)) * 28;
  }
  if (first >= 0xac00 && first < 0xd7a4 && (first - 0xac00) % 28 == 0 && second > 0x11a7 &&
      second < 0x11c3) {
    return first + (second - 0x11a7);
  }
  const std::span all(kCompositions);
  const auto found = std::lower_bound(
      all.begin(), all.end(), std::pair(first, second), [](const Composition& c, const auto& pair) {
        return std::tie(c.first, c.second) < std::tie(pair.first, pair.second);
      });
  const bool matches = found != all.end() && found->first == first && found->second == second;
  return matches ? found->composite : 0;
}

int combining_rank(char32_t c) {
  if (!has(c, kAccent)) return 0;
  const std::span all(kCombining);
  const auto found =
      std::lower_bound(all.begin(), all.end(), c,
                       [](const CombiningRange& range, char32_t x) { return range.last < x; });
  return found != all.end() && found->first <= c ? found->rank : 0;
}

std::size_t skip_space_at(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    std::size_t next = at;
    if (!is_whitespace(next_code_point(text, next))) break;
    at = next;
  }
  return at;
}

std::size_t skip_space_before(std::string_view text, std::size_t at, std::size_t least) {
  while (at > least) {
    const auto [c, first] = code_point_before(text, at);
    if (!is_whitespace(c)) break;
    at = first;
  }
  return std::max(at, least);
}

int script(char32_t c) {
  const std::span all(kScripts);
  const auto after =
      std::upper_bound(all.begin(), all.end(), c,
                       [](char32_t x, const ScriptRange& range) { return x < range.first; });
  return std::prev(after)->script;
}

}  // namespace verdict::unicode

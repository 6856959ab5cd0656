#include "verdict/base/unicode.h"

#include <algorithm>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "verdict/base/utf8.h"

namespace verdict::unicode {

namespace {

#include "verdict/base/unicode_tables.inc"

/// Reads what scripts/make-unicode-tables.mjs packs. Tables are unpacked when they are first used,
/// because packed they are a third of the bytes in a compressed download.
class Unpacker {
 public:
  explicit Unpacker(std::span<const unsigned char> bytes) : bytes_(bytes) {}

  bool at_end() const { return bytes_.empty(); }
  std::vector<char32_t> numbers() {
    std::vector<char32_t> column(number());
    for (char32_t& n : column) n = number();
    return column;
  }
  /// Each is stored as the difference to the one before.
  std::vector<char32_t> increasing() {
    std::vector<char32_t> column = numbers();
    char32_t last = 0;
    for (char32_t& n : column) n = last += (n & 1) != 0 ? ~(n >> 1) : n >> 1;
    return column;
  }

 private:
  char32_t number() {
    char32_t value = 0;
    for (int shift = 0;; shift += 7) {
      const char32_t byte = bytes_.front();
      bytes_ = bytes_.subspan(1);
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }

  std::span<const unsigned char> bytes_;
};

/// The strings of some code points.
class Mapping {
 public:
  explicit Mapping(std::span<const unsigned char> packed) {
    Unpacker unpacker(packed);
    keys_ = unpacker.increasing();
    const std::vector<char32_t> lengths = unpacker.numbers();
    starts_.assign(1, 0);
    for (const char32_t length : lengths) starts_.push_back(starts_.back() + length);
    pool_.resize(starts_.back());
    for (std::size_t unit = 0; !unpacker.at_end(); ++unit) {
      const std::vector<char32_t> column = unpacker.increasing();
      auto next = column.begin();
      for (std::size_t i = 0; i < keys_.size(); ++i) {
        if (lengths[i] > unit) pool_[starts_[i] + unit] = static_cast<char16_t>(*next++);
      }
    }
  }

  std::span<const char32_t> keys() const { return keys_; }
  std::u16string_view target(std::size_t i) const {
    return std::u16string_view(pool_).substr(starts_[i], starts_[i + 1] - starts_[i]);
  }
  /// Empty: it has none.
  std::u16string_view find(char32_t c) const {
    const auto found = std::ranges::lower_bound(keys_, c);
    if (found == keys_.end() || *found != c) return {};
    return target(static_cast<std::size_t>(found - keys_.begin()));
  }

 private:
  std::vector<char32_t> keys_;
  std::vector<std::size_t> starts_;
  std::u16string pool_;
};

const Mapping& decompositions() {
  static const Mapping mapping(kDecomposition);
  return mapping;
}

/// Canonical compositions, without Hangul.
class Compositions {
 public:
  Compositions() {
    // A decomposition of several code points that NFC puts together again is a composition of what
    // its first ones compose to and the last one.
    const Mapping& mapping = decompositions();
    std::size_t longest = 2;
    for (std::size_t count = 2; count <= longest; ++count) {
      for (std::size_t i = 0; i < mapping.keys().size(); ++i) {
        std::u32string parts;
        for_each_code_point(mapping.target(i), [&](char32_t c) { parts += c; });
        longest = std::max(longest, parts.size());
        const char32_t composite = mapping.keys()[i];
        if (parts.size() != count || has(composite, kChangesInNfc)) continue;
        char32_t first = parts[0];
        for (std::size_t j = 1; j + 1 < count; ++j) first = find(first, parts[j]);
        composites_.emplace(key(first, parts.back()), composite);
      }
    }
  }

  /// 0: there is none.
  char32_t find(char32_t first, char32_t second) const {
    const auto found = composites_.find(key(first, second));
    return found != composites_.end() ? found->second : 0;
  }

 private:
  static std::uint64_t key(char32_t first, char32_t second) {
    return std::uint64_t{first} << 32 | second;
  }

  std::map<std::uint64_t, char32_t> composites_;
};

/// Marks as ranges with the ranks of their combining classes.
struct Combining {
  explicit Combining(Unpacker unpacker)
      : first(unpacker.increasing()), last(unpacker.increasing()), rank(unpacker.numbers()) {}

  std::vector<char32_t> first;
  std::vector<char32_t> last;
  std::vector<char32_t> rank;
};

/// Where each run of a script begins.
struct Scripts {
  explicit Scripts(Unpacker unpacker) : first(unpacker.increasing()), script(unpacker.numbers()) {}

  std::vector<char32_t> first;
  std::vector<char32_t> script;
};

}  // namespace

std::uint32_t properties(char32_t c) {
  if (c > 0x10ffff) return 0;
  return kPropertySets[kPropertyData[std::size_t{kPropertyBlocks[c >> 7]} << 7 | (c & 0x7f)]];
}

std::u16string_view lowercase(char32_t c) {
  if (!has(c, kHasLowercase)) return {};
  static const Mapping mapping(kLowercase);
  return mapping.find(c);
}

std::u16string_view decomposition(char32_t c) {
  return has(c, kHasDecomposition) ? decompositions().find(c) : std::u16string_view();
}

std::u16string_view compatibility_decomposition(char32_t c) {
  if (!has(c, kHasCompatibility)) return {};
  static const Mapping mapping(kCompatibility);
  const std::u16string_view found = mapping.find(c);
  return found.empty() ? decompositions().find(c) : found;
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
  static const Compositions compositions;
  return compositions.find(first, second);
}

int combining_rank(char32_t c) {
  if (!has(c, kAccent)) return 0;
  static const Combining combining{Unpacker(kCombining)};
  const auto found = std::ranges::lower_bound(combining.last, c);
  const auto i = static_cast<std::size_t>(found - combining.last.begin());
  const bool inside = found != combining.last.end() && combining.first[i] <= c;
  return inside ? static_cast<int>(combining.rank[i]) : 0;
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
  static const Scripts scripts{Unpacker(kScripts)};
  const auto after = std::ranges::upper_bound(scripts.first, c);
  return static_cast<int>(
      scripts.script[static_cast<std::size_t>(after - scripts.first.begin()) - 1]);
}

}  // namespace verdict::unicode

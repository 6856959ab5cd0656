#include "verdict/base/unicode.h"

#include <algorithm>
#include <cstdint>

namespace verdict::unicode {

namespace {

struct Range {
  char32_t first;
  char32_t last;
};

struct CombiningRange {
  char32_t first;
  char32_t last;
  int rank;
};

/// `size` code points of a pool from `start` on.
struct Mapping {
  char32_t from;
  std::uint16_t start;
  std::uint16_t size;
};

#include "verdict/base/unicode_tables.inc"

template <typename R>
const R* find_range(std::span<const R> ranges, char32_t c) {
  const auto found = std::lower_bound(ranges.begin(), ranges.end(), c,
                                      [](const R& range, char32_t x) { return range.last < x; });
  return found != ranges.end() && found->first <= c ? &*found : nullptr;
}

bool contains(std::span<const Range> ranges, char32_t c) {
  return find_range(ranges, c) != nullptr;
}

std::span<const char32_t> map(std::span<const Mapping> mappings, const char32_t* pool, char32_t c) {
  const auto found =
      std::lower_bound(mappings.begin(), mappings.end(), c,
                       [](const Mapping& mapping, char32_t x) { return mapping.from < x; });
  if (found == mappings.end() || found->from != c) return {};
  return {pool + found->start, found->size};
}

}  // namespace

bool is_bert_removed(char32_t c) { return contains(kBertRemoved, c); }
bool is_bert_space(char32_t c) { return contains(kBertSpace, c); }
bool is_bert_chinese(char32_t c) { return contains(kBertChinese, c); }
bool is_bert_accent(char32_t c) { return contains(kBertAccents, c); }
bool is_accent(char32_t c) { return contains(kAccents, c); }
bool is_punctuation(char32_t c) { return contains(kBertPunctuation, c); }
bool is_whitespace(char32_t c) { return contains(kWhitespace, c); }
bool is_digit(char32_t c) { return contains(kDigits, c); }
bool is_word(char32_t c) { return !is_whitespace(c) && !contains(kNonWord, c); }

std::span<const char32_t> lowercase(char32_t c) { return map(kLowercase, kLowercasePool, c); }

std::span<const char32_t> decomposition(char32_t c) {
  return map(kDecomposition, kDecompositionPool, c);
}

int combining_rank(char32_t c) {
  const CombiningRange* range = find_range(std::span<const CombiningRange>(kCombining), c);
  return range == nullptr ? 0 : range->rank;
}

}  // namespace verdict::unicode

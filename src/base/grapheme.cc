#include "verdict/base/grapheme.h"

#include <cstdint>

#include "verdict/base/utf8.h"

namespace verdict {

namespace {

#include "verdict/base/grapheme_table.inc"

/// Grapheme_Cluster_Break, with Indic_Conjunct_Break and Extended_Pictographic; the order is that
/// of scripts/make-grapheme-table.mjs.
enum class GraphemeClass : std::uint8_t {
  kOther,
  kControl,
  kCr,
  kLf,
  kExtend,
  kNonJoiner,  // extends, but ends an Indic conjunct
  kLinker,     // extends, and joins Indic consonants
  kJoiner,
  kSpacingMark,
  kPrepend,
  kConsonant,
  kPictographic,
  kRegional,
  kHangulL,
  kHangulV,
  kHangulT,
  kHangulLv,
  kHangulLvt,
};
using enum GraphemeClass;

constexpr char32_t kFirstSyllable = 0xac00;
constexpr char32_t kLastSyllable = 0xd7a3;
constexpr char32_t kTableEnd = 0x20000;

GraphemeClass class_of(char32_t c) {
  if (c < kTableEnd) {
    if (c >= kFirstSyllable && c <= kLastSyllable) {
      return (c - kFirstSyllable) % 28 == 0 ? kHangulLv : kHangulLvt;
    }
    const std::size_t block = kGraphemeBlocks[c / 64];
    const unsigned pair = kGraphemeClasses[block * 32 + c % 64 / 2];
    return static_cast<GraphemeClass>(c % 2 == 0 ? pair & 15 : pair >> 4);
  }
  if (c < 0xe0000 || c > 0xe0fff) return kOther;
  const bool extends = (c >= 0xe0020 && c <= 0xe007f) || (c >= 0xe0100 && c <= 0xe01ef);
  return extends ? kExtend : kControl;
}

bool is_control(GraphemeClass c) { return c == kControl || c == kCr || c == kLf; }

bool hangul_joins(GraphemeClass last, GraphemeClass next) {
  switch (last) {
    case kHangulL:
      return next == kHangulL || next == kHangulV || next == kHangulLv || next == kHangulLvt;
    case kHangulV:
    case kHangulLv:
      return next == kHangulV || next == kHangulT;
    case kHangulT:
    case kHangulLvt:
      return next == kHangulT;
    default:
      return false;
  }
}

/// What the rules need to know of the cluster so far.
struct Context {
  GraphemeClass last;
  bool conjunct = false;    // a consonant, then extenders …
  bool linked = false;      // … one of them a linker
  bool pictograph = false;  // a pictograph, then extenders
  bool emoji = false;       // … and a joiner just now
  bool odd_regional = false;

  explicit Context(GraphemeClass first) : last(first) {
    conjunct = first == kConsonant;
    pictograph = first == kPictographic;
    odd_regional = first == kRegional;
  }

  bool joins(GraphemeClass next) const {
    if (last == kCr && next == kLf) return true;
    if (is_control(last) || is_control(next)) return false;
    switch (next) {
      case kExtend:
      case kNonJoiner:
      case kLinker:
      case kJoiner:
      case kSpacingMark:
        return true;
      default:
        break;
    }
    if (last == kPrepend || hangul_joins(last, next)) return true;
    return (next == kConsonant && linked) || (next == kPictographic && emoji) ||
           (next == kRegional && odd_regional);
  }

  void add(GraphemeClass next) {
    const bool extends = next == kExtend || next == kNonJoiner || next == kLinker;
    emoji = pictograph && next == kJoiner;
    pictograph = next == kPictographic || (pictograph && extends);
    const bool extends_conjunct = next == kExtend || next == kLinker || next == kJoiner;
    linked = conjunct && (next == kLinker || (linked && extends_conjunct));
    conjunct = next == kConsonant || (conjunct && extends_conjunct);
    odd_regional = next == kRegional && !odd_regional;
    last = next;
  }
};

}  // namespace

std::size_t next_grapheme(std::string_view text, std::size_t at) {
  if (at >= text.size()) return text.size();
  Context context(class_of(next_code_point(text, at)));
  while (at < text.size()) {
    std::size_t end = at;
    const GraphemeClass next = class_of(next_code_point(text, end));
    if (!context.joins(next)) break;
    context.add(next);
    at = end;
  }
  return at;
}

}  // namespace verdict

#include "verdict/tokenizers/known_patterns.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "verdict/base/strings.h"
#include "verdict/base/unicode.h"
#include "verdict/base/utf8.h"

namespace verdict {

namespace {

using unicode::kLetter;
using unicode::kMark;
using unicode::kNumber;
using unicode::kWhitespace;

/// Letters that may stand in the upper part of a word, and in its lower part.
constexpr std::uint32_t kUpper = unicode::kUppercaseLetter | unicode::kTitlecaseLetter |
                                 unicode::kModifierLetter | unicode::kOtherLetter | kMark;
constexpr std::uint32_t kLower =
    unicode::kLowercaseLetter | unicode::kModifierLetter | unicode::kOtherLetter | kMark;

/// How words are matched.
enum class Words {
  kGpt2,   ///< " ?\p{L}+"
  kPlain,  ///< "[^\r\n\p{L}\p{N}]?\p{L}+"
  kMarks,  ///< "[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+"
  kCased,  ///< an upper part, then a lower part
};

struct Style {
  Words words;
  /// Before words: 's, 't, 're, 've, 'm, 'll, 'd; with `kCased`, behind words instead.
  bool contractions;
  bool any_case;             ///< of the contractions
  std::size_t most_digits;   ///< of a number; 0: any number, after an optional space
  bool newlines_after;       ///< other characters take the newlines behind them
  bool slashes_after;        ///< … and the slashes
  bool newlines_separately;  ///< "\s*[\r\n]+" before "\s+(?!\S)"
};

struct KnownPattern {
  std::string_view regex;
  Style style;
};

constexpr std::array<KnownPattern, 6> kKnownPatterns{{
    {R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)",
     {Words::kGpt2, true, false, 0, false, false, false}},
    {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     {Words::kPlain, true, true, 3, true, false, true}},
    {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     {Words::kPlain, true, true, 1, true, false, true}},
    {R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     {Words::kMarks, true, true, 1, true, false, true}},
    {R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     {Words::kCased, true, true, 3, true, true, true}},
    {R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     {Words::kCased, false, false, 1, true, true, true}},
}};

/// Properties of ASCII without a look-up.
constexpr auto kAscii = [] {
  std::array<std::uint32_t, 128> table{};
  for (std::size_t c = 0; c < table.size(); ++c) {
    if (c >= 'A' && c <= 'Z') table[c] = unicode::kUppercaseLetter;
    if (c >= 'a' && c <= 'z') table[c] = unicode::kLowercaseLetter;
    if (c >= '0' && c <= '9') table[c] = kNumber;
    if (c == ' ' || (c >= '\t' && c <= '\r')) table[c] = kWhitespace;
  }
  return table;
}();

constexpr std::size_t kNone = std::string_view::npos;

/// The matches of one text, whose every character belongs to one.
class Matcher {
 public:
  Matcher(std::string_view text, const Style& style)
      : text_(text),
        style_(style),
        letters_(style.words == Words::kMarks ? kLetter | kMark : kLetter) {}

  /// Where the match that begins at byte `at` ends.
  std::size_t match(std::size_t at) const {
    const bool contractions_first = style_.contractions && style_.words != Words::kCased;
    if (contractions_first && text_[at] == '\'') {
      if (const std::size_t end = contraction(at); end != at) return end;
    }
    std::size_t next = at;
    const std::uint32_t first = read(next);
    const bool is_newline = text_[at] == '\r' || text_[at] == '\n';
    if (style_.words == Words::kCased) {
      const bool may_lead = (first & (kLetter | kNumber)) == 0 && !is_newline;
      if (const std::size_t end = cased_word(at, may_lead ? next : kNone); end != kNone) return end;
    } else if ((first & letters_) != 0) {
      return run(next, letters_);
    }
    if (style_.words == Words::kGpt2) {
      if (text_[at] == ' ' && next < text_.size()) {
        std::size_t after = next;
        const std::uint32_t second = read(after);
        if ((second & kLetter) != 0) return run(after, kLetter);
        if ((second & kNumber) != 0) return run(after, kNumber);
        if ((second & kWhitespace) == 0) return run_of_others(after);
      }
      if ((first & kNumber) != 0) return run(next, kNumber);
    } else {
      const bool may_lead = (first & kNumber) == 0 && !is_newline;
      if (style_.words != Words::kCased && may_lead && next < text_.size()) {
        std::size_t after = next;
        if ((read(after) & letters_) != 0) return run(after, letters_);
      }
      if ((first & kNumber) != 0) return digits(next);
      if (text_[at] == ' ' && next < text_.size()) {
        std::size_t after = next;
        if (is_other(read(after))) return run_of_others(after);
      }
    }
    return (first & kWhitespace) != 0 ? white_space(at) : run_of_others(next);
  }

 private:
  std::uint32_t read(std::size_t& at) const {
    const auto byte = static_cast<unsigned char>(text_[at]);
    if (byte < 0x80) return ++at, kAscii[byte];
    return unicode::properties(next_code_point(text_, at));
  }

  /// Neither white space nor part of a word or number.
  bool is_other(std::uint32_t properties) const {
    return (properties & (kWhitespace | kNumber | letters_)) == 0;
  }

  /// The end of the characters from `at` on that have one of the properties.
  std::size_t run(std::size_t at, std::uint32_t any_of) const {
    while (at < text_.size()) {
      std::size_t next = at;
      if ((read(next) & any_of) == 0) break;
      at = next;
    }
    return at;
  }

  std::size_t digits(std::size_t at) const {
    for (std::size_t count = 1; count < style_.most_digits && at < text_.size(); ++count) {
      std::size_t next = at;
      if ((read(next) & kNumber) == 0) break;
      at = next;
    }
    return at;
  }

  std::size_t run_of_others(std::size_t at) const {
    while (at < text_.size()) {
      std::size_t next = at;
      if (!is_other(read(next))) break;
      at = next;
    }
    if (!style_.newlines_after) return at;
    while (at < text_.size() &&
           (text_[at] == '\r' || text_[at] == '\n' || (style_.slashes_after && text_[at] == '/'))) {
      ++at;
    }
    return at;
  }

  std::size_t white_space(std::size_t at) const {
    std::size_t end = at;
    std::size_t last = at;           // where the last character of the run begins
    std::size_t after_newline = at;  // behind the last newline of the run
    while (end < text_.size()) {
      std::size_t next = end;
      if ((read(next) & kWhitespace) == 0) break;
      if (text_[end] == '\r' || text_[end] == '\n') after_newline = next;
      last = end;
      end = next;
    }
    if (style_.newlines_separately && after_newline > at) return after_newline;
    // The last one is left to a word that follows, unless it is the only one.
    return end == text_.size() || last == at ? end : last;
  }

  /// The end of a contraction at the apostrophe `at`, or `at`.
  std::size_t contraction(std::size_t at) const {
    const auto letter = [&](std::size_t i) {
      if (at + i >= text_.size()) return '\0';
      const char c = text_[at + i];
      return style_.any_case ? ascii_lower(c) : c;
    };
    const char first = letter(1);
    if (first == 's' || first == 't' || first == 'm' || first == 'd') return at + 2;
    const char second = letter(2);
    if (((first == 'r' || first == 'v') && second == 'e') || (first == 'l' && second == 'l')) {
      return at + 3;
    }
    // Without regard to case, the long s is an s.
    constexpr std::string_view kLongS = "\u017f";
    if (style_.any_case && text_.substr(at + 1, 2) == kLongS) return at + 3;
    return at;
  }

  /// The end of a word with an upper and a lower part; kNone when there is none. `second` is where
  /// the word begins when the first character is not part of it; kNone when it must be.
  std::size_t cased_word(std::size_t first, std::size_t second) const {
    std::size_t end = second == kNone ? kNone : lower_word(second);
    if (end == kNone) end = lower_word(first);
    if (end == kNone && second != kNone) end = upper_word(second);
    if (end == kNone) end = upper_word(first);
    if (end == kNone || !style_.contractions) return end;
    return end < text_.size() && text_[end] == '\'' ? contraction(end) : end;
  }

  /// Upper characters, then at least one lower one; many characters are both.
  std::size_t lower_word(std::size_t at) const {
    std::size_t upper_end = at;
    std::size_t last_lower_end = kNone;
    while (upper_end < text_.size()) {
      std::size_t next = upper_end;
      const std::uint32_t properties = read(next);
      if ((properties & kUpper) == 0) {
        if ((properties & kLower) != 0) return run(next, kLower);
        break;
      }
      if ((properties & kLower) != 0) last_lower_end = next;
      upper_end = next;
    }
    return last_lower_end;
  }

  /// At least one upper character, then lower ones.
  std::size_t upper_word(std::size_t at) const {
    const std::size_t end = run(at, kUpper);
    return end == at ? kNone : run(end, kLower);
  }

  std::string_view text_;
  const Style& style_;
  std::uint32_t letters_;
};

class KnownPatternMatcher final : public Pattern {
 public:
  explicit KnownPatternMatcher(const Style& style) : style_(style) {}

  void find(std::string_view text, std::vector<TextRange>& matches) const override {
    const Matcher matcher(text, style_);
    std::size_t at = 0;
    while (at < text.size()) {
      const std::size_t end = matcher.match(at);
      matches.push_back({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(end)});
      at = end;
    }
  }

 private:
  const Style& style_;
};

}  // namespace

const std::string_view kGpt2Pattern = kKnownPatterns[0].regex;
const std::string_view kQwen2Pattern = kKnownPatterns[2].regex;

std::vector<std::string_view> known_patterns() {
  std::vector<std::string_view> regexes;
  for (const KnownPattern& known : kKnownPatterns) regexes.push_back(known.regex);
  return regexes;
}

std::unique_ptr<Pattern> find_known_pattern(std::string_view regex) {
  const auto found = std::ranges::find(kKnownPatterns, regex, &KnownPattern::regex);
  if (found == kKnownPatterns.end()) return nullptr;
  return std::make_unique<KnownPatternMatcher>(found->style);
}

}  // namespace verdict

#include "verdict/tokenizers/oniguruma.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"
#include "verdict/base/utf8.h"

namespace verdict {

namespace {

constexpr int kDeepest = 200;

using Entry = std::pair<std::string_view, std::string_view>;

/// Word characters outside of a class, where Oniguruma also takes Latin-1's numbers that are no
/// digits.
constexpr std::string_view kWordAlone =
    R"(\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\x{b2}\x{b3}\x{b9}\x{bc}-\x{be})";

/// Members of a class in PCRE2's syntax, by Oniguruma's name in lower case without separators.
constexpr Entry kNamedClasses[] = {
    {"alnum", R"(\p{Alphabetic}\p{Nd})"},
    {"alpha", R"(\p{Alphabetic})"},
    {"ascii", R"(\x{0}-\x{7f})"},
    {"blank", R"(\p{Zs}\x{9})"},
    {"cntrl", R"(\p{Cc})"},
    {"digit", R"(\p{Nd})"},
    {"graph", R"([^\p{White_Space}\p{Cc}\p{Cn}\p{Cs}])"},
    {"lower", R"(\p{Lowercase})"},
    {"print", R"([^\p{Cc}\p{Cn}\p{Cs}])"},
    {"punct", R"(\p{P}\p{S})"},
    {"space",
     R"(\x{9}-\x{d}\x{20}\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000})"},
    {"upper", R"(\p{Uppercase})"},
    {"word", R"(\p{Alphabetic}\p{M}\p{Nd}\p{Pc})"},
    {"xdigit", R"(0-9A-Fa-f)"},
};

constexpr Entry kCategories[] = {
    {"any", "Any"},
    {"casedletter", "L&"},
    {"closepunctuation", "Pe"},
    {"connectorpunctuation", "Pc"},
    {"control", "Cc"},
    {"currencysymbol", "Sc"},
    {"dashpunctuation", "Pd"},
    {"decimalnumber", "Nd"},
    {"enclosingmark", "Me"},
    {"finalpunctuation", "Pf"},
    {"format", "Cf"},
    {"initialpunctuation", "Pi"},
    {"lc", "L&"},
    {"letter", "L"},
    {"letternumber", "Nl"},
    {"lineseparator", "Zl"},
    {"lowercaseletter", "Ll"},
    {"mark", "M"},
    {"mathsymbol", "Sm"},
    {"modifierletter", "Lm"},
    {"modifiersymbol", "Sk"},
    {"nonspacingmark", "Mn"},
    {"number", "N"},
    {"openpunctuation", "Ps"},
    {"other", "C"},
    {"otherletter", "Lo"},
    {"othernumber", "No"},
    {"otherpunctuation", "Po"},
    {"othersymbol", "So"},
    {"paragraphseparator", "Zp"},
    {"privateuse", "Co"},
    {"punctuation", "P"},
    {"separator", "Z"},
    {"spaceseparator", "Zs"},
    {"spacingmark", "Mc"},
    {"symbol", "S"},
    {"titlecaseletter", "Lt"},
    {"unassigned", "Cn"},
    {"uppercaseletter", "Lu"},
};

/// Two-letter categories, and properties that are no script, which PCRE2 knows by the same name.
constexpr std::string_view kSameNames[] = {
    "l",
    "lu",
    "ll",
    "lt",
    "lm",
    "lo",
    "m",
    "mn",
    "mc",
    "me",
    "n",
    "nd",
    "nl",
    "no",
    "p",
    "pc",
    "pd",
    "ps",
    "pe",
    "pi",
    "pf",
    "po",
    "s",
    "sm",
    "sc",
    "sk",
    "so",
    "z",
    "zs",
    "zl",
    "zp",
    "c",
    "cc",
    "cf",
    "cn",
    "co",
    "cs",
    "alphabetic",
    "asciihexdigit",
    "cased",
    "caseignorable",
    "dash",
    "defaultignorablecodepoint",
    "diacritic",
    "emoji",
    "emojicomponent",
    "emojimodifier",
    "emojimodifierbase",
    "emojipresentation",
    "extendedpictographic",
    "extender",
    "graphemebase",
    "graphemeextend",
    "hexdigit",
    "idcontinue",
    "ideographic",
    "idstart",
    "joincontrol",
    "lowercase",
    "math",
    "noncharactercodepoint",
    "patternsyntax",
    "patternwhitespace",
    "quotationmark",
    "radical",
    "regionalindicator",
    "sentenceterminal",
    "softdotted",
    "terminalpunctuation",
    "unifiedideograph",
    "uppercase",
    "variationselector",
    "whitespace",
    "xidcontinue",
    "xidstart",
};

/// What some letters equal, without regard to case, beside their cases.
constexpr Entry kFolds[] = {
    {"ffi", "\ufb03|\ufb00i|f\ufb01"},
    {"ffl", "\ufb04|\ufb00l|f\ufb02"},
    {"ff", "\ufb00"},
    {"fi", "\ufb01"},
    {"fl", "\ufb02"},
    {"ss", "\u00df|\u1e9e"},
    {"st", "\ufb05|\ufb06"},
    {"\u00df", "ss|\u1e9e"},
    {"\u1e9e", "ss|\u00df"},
    {"\ufb00", "ff"},
    {"\ufb01", "fi"},
    {"\ufb02", "fl"},
};

const Entry* find_entry(std::span<const Entry> entries, std::string_view name) {
  const auto found = std::ranges::find(entries, name, &Entry::first);
  return found == entries.end() ? nullptr : &*found;
}

std::string hex(char32_t c) {
  char digits[8];
  const auto result = std::to_chars(std::begin(digits), std::end(digits), std::uint32_t{c}, 16);
  return concat("\\x{", std::string_view(digits, static_cast<std::size_t>(result.ptr - digits)),
                "}");
}

std::string class_of(std::string_view members, bool negated) {
  return concat(negated ? "[^" : "[", members, "]");
}

/// A repetition as it stands in a pattern.
struct Quantifier {
  std::string text;       ///< in PCRE2's syntax
  bool interval = false;  ///< "{…}"
  bool fixed = false;     ///< "{n}"
};

class Translator {
 public:
  explicit Translator(std::string_view pattern) : pattern_(pattern) {}

  std::string translate() {
    alternatives({});
    if (at_ < pattern_.size()) invalid("it closes a group that is not open");
    return std::move(out_);
  }

 private:
  struct Flags {
    bool any_case = false;
    bool dot_all = false;
    bool extended = false;
  };

  [[noreturn]] void invalid(std::string_view what) const {
    throw Error(ErrorCode::kCorruptFile, concat("The tokenizer's regular expression \"", pattern_,
                                                "\" is not valid: ", what, "."));
  }
  [[noreturn]] void unsupported(std::string_view construct) const {
    throw Error(ErrorCode::kUnsupported,
                concat("The tokenizer's regular expression \"", pattern_, "\" uses ", construct,
                       ", which this version does not support."));
  }

  bool done() const { return at_ >= pattern_.size(); }
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < pattern_.size() ? pattern_[at_ + ahead] : '\0';
  }
  bool take(std::string_view text) {
    if (!starts_with(pattern_.substr(at_), text)) return false;
    at_ += text.size();
    return true;
  }
  char32_t take_character() {
    if (done()) invalid("it ends too early");
    return next_code_point(pattern_, at_);
  }
  /// The text up to `end`, which is skipped.
  std::string_view take_until(char end) {
    const std::size_t found = pattern_.find(end, at_);
    if (found == std::string_view::npos) invalid(concat("\"", end, "\" is missing"));
    const std::string_view text = pattern_.substr(at_, found - at_);
    at_ = found + 1;
    return text;
  }

  /// Everything up to the end of the group.
  void alternatives(Flags flags) {
    if (++depth_ > kDeepest) invalid("its groups are nested too deeply");
    while (!done() && peek() != ')') {
      if (take("|")) {
        out_ += '|';
      } else {
        term(flags);
      }
    }
    --depth_;
  }

  /// An atom with its repetitions.
  void term(Flags flags) {
    if (flags.extended && skip_space()) return;
    const std::size_t start = out_.size();
    if (!atom(flags)) return;
    for (bool repeated = false;; repeated = true) {
      if (flags.extended) skip_space();
      const auto quantifier = take_quantifier();
      if (!quantifier) return;
      if (repeated) wrap(start);
      out_ += quantifier->text;
      if (quantifier->fixed && take("?")) {
        // "{n}?" may be missing; it is not reluctant.
        wrap(start);
        out_ += '?';
      } else if (take("?")) {
        out_ += '?';
      } else if (!quantifier->interval && take("+")) {
        out_ += '+';
      }
    }
  }

  void wrap(std::size_t start) {
    out_.insert(start, "(?:");
    out_ += ')';
  }

  bool skip_space() {
    const std::size_t start = at_;
    while (!done()) {
      if (std::string_view(" \t\n\r\f\v").find(peek()) != std::string_view::npos) {
        ++at_;
      } else if (peek() == '#') {
        while (!done() && peek() != '\n') ++at_;
      } else {
        break;
      }
    }
    return at_ > start;
  }

  std::optional<Quantifier> take_quantifier() {
    for (const char* simple : {"*", "+", "?"}) {
      if (take(simple)) return Quantifier{simple};
    }
    if (peek() != '{') return std::nullopt;
    const std::size_t end = pattern_.find('}', at_);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view body = pattern_.substr(at_ + 1, end - at_ - 1);
    const std::size_t comma = body.find(',');
    const std::string_view least = body.substr(0, comma);
    const std::string_view most =
        comma == std::string_view::npos ? std::string_view() : body.substr(comma + 1);
    const auto is_number = [](std::string_view text) {
      return text.find_first_not_of("0123456789") == std::string_view::npos;
    };
    // Anything else is text.
    if (!is_number(least) || !is_number(most) || (least.empty() && most.empty())) {
      return std::nullopt;
    }
    at_ = end + 1;
    if (comma == std::string_view::npos) return Quantifier{concat("{", least, "}"), true, true};
    return Quantifier{concat("{", least.empty() ? "0" : least, ",", most, "}"), true, false};
  }

  /// False for what takes no repetition.
  bool atom(Flags flags) {
    switch (peek()) {
      case '(':
        return group(flags);
      case '[':
        ++at_;
        out_ += bracket_class(0);
        return true;
      case '.':
        ++at_;
        out_ += flags.dot_all ? R"((?s:.))" : R"([^\n])";
        return true;
      case '^':
      case '$':
        out_ += pattern_[at_++];
        return true;
      case '\\':
        return escape();
      case '*':
      case '+':
      case '?':
        invalid("it repeats nothing");
      default:
        literal(flags);
        return true;
    }
  }

  void literal(Flags flags) {
    if (flags.any_case) {
      for (const auto& [letters, equals] : kFolds) {
        if (!equals_any_case(letters)) continue;
        out_ += concat("(?:", letters, "|", equals, ")");
        at_ += letters.size();
        return;
      }
    }
    out_ += hex(take_character());
  }

  /// Whether `letters`, in any case and without a repetition of the last of several, come next.
  bool equals_any_case(std::string_view letters) const {
    const std::string_view next = pattern_.substr(at_, letters.size());
    const bool equal =
        next.size() == letters.size() && std::ranges::equal(next, letters, {}, ascii_lower);
    if (!equal || letters.size() == 1 || !is_ascii(letters)) return equal;
    return std::string_view("*+?{").find(peek(letters.size())) == std::string_view::npos ||
           at_ + letters.size() == pattern_.size();
  }

  static bool is_ascii(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  }

  bool group(Flags flags) {
    if (take("(?#")) {
      take_until(')');
      return false;
    }
    for (const char* plain : {"(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>"}) {
      if (take(plain)) return group_body(plain, flags);
    }
    if (take("(?<")) return group_body(concat("(?<", take_until('>'), ">"), flags);
    if (take("(?'")) return group_body(concat("(?<", take_until('\''), ">"), flags);
    if (take("(?")) return group_with_flags(flags);
    if (take("(*")) unsupported("\"(*\"");
    ++at_;
    return group_body("(", flags);
  }

  bool group_body(std::string_view open, Flags flags) {
    out_ += open;
    alternatives(flags);
    if (!take(")")) invalid("a group is not closed");
    out_ += ')';
    return true;
  }

  bool group_with_flags(Flags flags) {
    bool on = true;
    for (;;) {
      const char flag = peek();
      ++at_;
      if (flag == '-') on = false;
      if (flag == 'i') flags.any_case = on;
      if (flag == 'm') flags.dot_all = on;
      if (flag == 'x') flags.extended = on;
      if (flag == ':' || flag == ')') {
        const std::string_view open = flags.any_case ? "(?i:" : "(?-i:";
        if (flag == ':') return group_body(open, flags);
        // The flags are those of the rest of the group, all its alternatives included.
        out_ += open;
        alternatives(flags);
        out_ += ')';
        return false;
      }
      if (std::string_view("-imx").find(flag) == std::string_view::npos || done()) {
        --at_;
        unsupported(concat("\"(?", done() ? "" : std::string(1, peek()), "\""));
      }
    }
  }

  bool escape() {
    ++at_;
    const char letter = peek();
    if (letter == 'w' || letter == 'W') {
      ++at_;
      out_ += class_of(kWordAlone, letter == 'W');
      return true;
    }
    if (const auto members = class_escape()) {
      out_ += *members;
      return true;
    }
    switch (letter) {
      case 'b':
      case 'B': {
        ++at_;
        const std::string word = class_of(kWordAlone, false);
        const bool changes = letter == 'b';
        out_ += concat("(?:(?<=", word, changes ? ")(?!" : ")(?=", word, ")|(?<!", word,
                       changes ? ")(?=" : ")(?!", word, "))");
        return true;
      }
      case 'A':
      case 'Z':
      case 'z':
      case 'G':
      case 'K':
      case 'R':
      case 'X':
        ++at_;
        out_ += concat("\\", letter);
        return true;
      case 'N':
        ++at_;
        out_ += R"([^\n])";
        return true;
      case 'O':
        ++at_;
        out_ += R"((?s:.))";
        return true;
      case 'k':
        ++at_;
        if (!take("<")) invalid("\"\\k\" has no name");
        out_ += concat("\\k<", take_until('>'), ">");
        return true;
      default:
        break;
    }
    if (letter >= '1' && letter <= '9') {
      out_ += "\\g{";
      while (peek() >= '0' && peek() <= '9') out_ += pattern_[at_++];
      out_ += '}';
      return true;
    }
    out_ += hex(escaped_character());
    return true;
  }

  /// The class of \d, \p{…} and their like, after the backslash; nothing when it is none.
  std::optional<std::string> class_escape() {
    const char letter = peek();
    const auto named = [&](std::string_view name, bool negated) {
      ++at_;
      return class_of(find_entry(kNamedClasses, name)->second, negated);
    };
    switch (letter) {
      case 'd':
      case 'D':
        return named("digit", letter == 'D');
      case 'w':
      case 'W':
        return named("word", letter == 'W');
      case 's':
      case 'S':
        return named("space", letter == 'S');
      case 'h':
      case 'H':
        return named("xdigit", letter == 'H');
      case 'p':
      case 'P': {
        ++at_;
        if (!take("{")) invalid(concat("\"\\", letter, "\" has no name"));
        bool negated = letter == 'P';
        if (take("^")) negated = !negated;
        return property(take_until('}'), negated);
      }
      default:
        return std::nullopt;
    }
  }

  std::string property(std::string_view name, bool negated) const {
    std::string key;
    for (const char c : name) {
      if (c == ' ' || c == '_' || c == '-') continue;
      if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))) {
        invalid(concat("the property \"", name, "\" is unknown"));
      }
      key += ascii_lower(c);
    }
    if (const Entry* entry = find_entry(kNamedClasses, key))
      return class_of(entry->second, negated);
    if (const Entry* entry = find_entry(kCategories, key)) {
      return class_of(concat("\\p{", entry->second, "}"), negated);
    }
    const bool same = std::ranges::find(kSameNames, key) != std::end(kSameNames);
    // PCRE2's \p{Han} also takes characters that are used with Han.
    return class_of(concat(same ? "\\p{" : "\\p{sc:", key, "}"), negated);
  }

  /// The character of an escape that stands for one, after the backslash.
  char32_t escaped_character() {
    const char32_t c = take_character();
    switch (c) {
      case 't':
        return '\t';
      case 'n':
        return '\n';
      case 'r':
        return '\r';
      case 'f':
        return '\f';
      case 'v':
        return '\v';
      case 'a':
        return '\a';
      case 'e':
        return 0x1b;
      case 'x':
        return take("{") ? number(take_until('}'), 16) : byte(number(take_digits(2, 16), 16));
      case 'u':
        return number(take_digits(4, 16), 16);
      case '0':
        --at_;
        return byte(number(take_digits(3, 8), 8));
      default:
        break;
    }
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (is_letter) unsupported(concat("\"\\", static_cast<char>(c), "\""));
    return c;
  }

  std::string_view take_digits(std::size_t most, int base) {
    const std::size_t start = at_;
    const std::string_view digits = base == 8 ? "01234567" : "0123456789abcdefABCDEF";
    while (at_ < start + most && !done() && digits.find(peek()) != std::string_view::npos) ++at_;
    return pattern_.substr(start, at_ - start);
  }

  char32_t number(std::string_view digits, int base) const {
    std::uint32_t value = 0;
    const auto end = digits.data() + digits.size();
    const auto result = std::from_chars(digits.data(), end, value, base);
    const bool is_surrogate = value >= 0xd800 && value < 0xe000;
    if (digits.empty() || result.ptr != end || value > 0x10ffff || is_surrogate) {
      invalid(concat("\"", digits, "\" is no code point"));
    }
    return value;
  }

  char32_t byte(char32_t value) const {
    if (value >= 0x80) unsupported("bytes of UTF-8");
    return value;
  }

  /// A class after its "[", as one of PCRE2's.
  std::string bracket_class(int depth) {
    if (depth > kDeepest) invalid("its classes are nested too deeply");
    const bool negated = take("^");
    std::vector<std::string> operands(1);
    bool is_first = true;
    for (;; is_first = false) {
      if (done()) invalid("a class is not closed");
      if (!is_first && take("]")) break;
      if (take("&&")) {
        operands.emplace_back();
      } else {
        operands.back() += class_item(depth);
      }
    }
    if (std::ranges::any_of(operands, &std::string::empty)) invalid("a class is empty");
    if (operands.size() == 1) return class_of(operands[0], negated);
    std::string all;
    for (const std::string& operand : operands) {
      all += concat(all.empty() ? "" : "&&", class_of(operand, false));
    }
    return class_of(all, negated);
  }

  std::string class_item(int depth) {
    if (take("[:")) {
      const bool negated = take("^");
      const std::string_view name = take_until(':');
      const Entry* entry = find_entry(kNamedClasses, name);
      if (entry == nullptr || !take("]")) invalid(concat("the class \"", name, "\" is unknown"));
      return class_of(entry->second, negated);
    }
    if (take("[")) return bracket_class(depth + 1);
    if (take("\\")) {
      if (auto members = class_escape()) return *members;
      --at_;
    }
    const char32_t first = class_character();
    const bool is_range =
        peek() == '-' && peek(1) != ']' && peek(1) != '[' && at_ + 1 < pattern_.size();
    if (!is_range) return hex(first);
    const std::size_t dash = at_++;
    if (peek() == '\\' && std::string_view("dDwWsShHpP").find(peek(1)) != std::string_view::npos) {
      at_ = dash;
      return hex(first);
    }
    const char32_t last = class_character();
    if (last < first) invalid("a range of a class is reversed");
    return concat(hex(first), "-", hex(last));
  }

  char32_t class_character() {
    if (!take("\\")) return take_character();
    if (take("b")) return '\b';
    return escaped_character();
  }

  std::string_view pattern_;
  std::size_t at_ = 0;
  std::string out_;
  int depth_ = 0;
};

}  // namespace

std::string oniguruma_to_pcre2(std::string_view pattern) { return Translator(pattern).translate(); }

}  // namespace verdict

#include "verdict/tokenizers/regex.h"

#include <pcre2.h>

#include <algorithm>
#include <new>
#include <optional>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"
#include "verdict/tokenizers/oniguruma.h"
#include "verdict/tokenizers/operations.h"

namespace verdict {

namespace {

/// Steps back from one place of the text, as in Oniguruma.
constexpr std::uint32_t kMostSteps = 10'000'000;
constexpr std::uint32_t kMostHeapKib = 256 * 1024;
constexpr std::size_t kLongestPattern = 1 << 16;
constexpr std::size_t kLongestCompiled = 1 << 20;

/// PCRE2 counts these steps anew at every place where a match may begin, and does not count the
/// characters that a repetition passes. So the work on a whole text is limited too: the items of
/// the pattern that are tried, and the bytes between the places where they are.
constexpr std::uint64_t kMostWork = 100'000'000;
constexpr std::uint64_t kMostWorkPerByte = 1'000;

template <typename T, void (*kFree)(T*)>
struct Free {
  void operator()(T* object) const { kFree(object); }
};
using Code = std::unique_ptr<pcre2_code, Free<pcre2_code, pcre2_code_free>>;
using CompileContext =
    std::unique_ptr<pcre2_compile_context, Free<pcre2_compile_context, pcre2_compile_context_free>>;
using MatchContext =
    std::unique_ptr<pcre2_match_context, Free<pcre2_match_context, pcre2_match_context_free>>;
using MatchData = std::unique_ptr<pcre2_match_data, Free<pcre2_match_data, pcre2_match_data_free>>;

template <typename T>
T checked(T object) {
  if (!object) throw std::bad_alloc();
  return object;
}

PCRE2_SPTR bytes(std::string_view text) { return reinterpret_cast<PCRE2_SPTR>(text.data()); }

/// One text that a pattern is looked for in.
class Search {
 public:
  Search(const pcre2_code* code, std::string_view pattern, std::string_view text)
      : code_(code),
        pattern_(pattern),
        text_(text),
        context_(checked(MatchContext(pcre2_match_context_create(nullptr)))),
        data_(checked(MatchData(pcre2_match_data_create(1, nullptr)))) {
    pcre2_set_match_limit(context_.get(), kMostSteps);
    pcre2_set_heap_limit(context_.get(), kMostHeapKib);
    pcre2_set_callout(context_.get(), &count_work, this);
  }

  /// The first match that begins at byte `start` or later.
  std::optional<TextRange> next(std::size_t start) {
    const int count = pcre2_match(code_, bytes(text_), text_.size(), start, PCRE2_NO_UTF_CHECK,
                                  data_.get(), context_.get());
    if (count == PCRE2_ERROR_NOMATCH) return std::nullopt;
    if (count < 0) fail(count);
    const PCRE2_SIZE* range = pcre2_get_ovector_pointer(data_.get());
    // \K in a look-around can put the begin behind the end.
    const PCRE2_SIZE first = std::min(range[0], range[1]);
    return TextRange{static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(range[1])};
  }

 private:
  /// Called before each item of the pattern.
  static int count_work(pcre2_callout_block* block, void* data) {
    auto& search = *static_cast<Search*>(data);
    const std::size_t at = block->current_position;
    const std::uint64_t work = 1 + (at > search.at_ ? at - search.at_ : search.at_ - at);
    search.at_ = at;
    search.work_ += work;
    operations += work;
    const bool is_too_much = search.work_ > kMostWork + search.text_.size() * kMostWorkPerByte;
    return is_too_much ? PCRE2_ERROR_MATCHLIMIT : 0;
  }

  [[noreturn]] void fail(int error) const {
    if (error == PCRE2_ERROR_NOMEMORY) throw std::bad_alloc();
    if (error == PCRE2_ERROR_MATCHLIMIT || error == PCRE2_ERROR_DEPTHLIMIT ||
        error == PCRE2_ERROR_HEAPLIMIT) {
      throw Error(
          ErrorCode::kInvalidArgument,
          concat("The tokenizer's regular expression \"", pattern_,
                 "\" takes too long on this text of ", text_.size(), " bytes; divide the text."));
    }
    throw Error(ErrorCode::kInternal, concat("The regular expression \"", pattern_,
                                             "\" failed with PCRE2's error ", error, "."));
  }

  const pcre2_code* code_;
  std::string_view pattern_;
  std::string_view text_;
  MatchContext context_;
  MatchData data_;
  std::size_t at_ = 0;  // where the item before was tried
  std::uint64_t work_ = 0;
};

}  // namespace

struct Regex::Compiled {
  Code code;
};

Regex::Regex(std::string_view pattern)
    : pattern_(pattern), compiled_(std::make_unique<Compiled>()) {
  const auto refuse = [&](std::string_view why) {
    throw Error(ErrorCode::kCorruptFile, concat("The tokenizer's regular expression \"",
                                                pattern_.substr(0, 200), "\" ", why, "."));
  };
  if (pattern.size() > kLongestPattern) refuse("is too long");
  const std::string translated = oniguruma_to_pcre2(pattern);
  const auto context = checked(CompileContext(pcre2_compile_context_create(nullptr)));
  pcre2_set_max_pattern_compiled_length(context.get(), kLongestCompiled);
  int error = 0;
  PCRE2_SIZE place = 0;
  compiled_->code.reset(pcre2_compile(bytes(translated), translated.size(),
                                      PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE |
                                          PCRE2_ALT_EXTENDED_CLASS | PCRE2_NEVER_BACKSLASH_C |
                                          PCRE2_AUTO_CALLOUT,
                                      &error, &place, context.get()));
  if (!compiled_->code) {
    refuse(concat("cannot be compiled (PCRE2's error ", error, " at \"",
                  translated.substr(std::min(place, translated.size()), 40), "\")"));
  }
}

Regex::~Regex() = default;

void Regex::find(std::string_view text, std::vector<TextRange>& matches) const {
  if (text.empty()) return;
  Search search(compiled_->code.get(), pattern_, text);
  std::size_t start = 0;
  std::optional<std::uint32_t> last_end;
  while (start <= text.size()) {
    const auto match = search.next(start);
    if (!match) return;
    if (match->size() == 0 && match->first == last_end) {
      // As the reference: no empty match right behind another match, and the search goes on at the
      // next character.
      if (start == text.size()) return;
      ++start;
      while (start < text.size() && !is_code_point_start(text[start])) ++start;
      continue;
    }
    start = match->last;
    last_end = match->last;
    matches.push_back(*match);
  }
}

}  // namespace verdict

#pragma once

#include <string>
#include <string_view>

namespace verdict {

/// A regular expression in Oniguruma's syntax, which tokenizer.json uses, as one that PCRE2 matches
/// alike with PCRE2_UTF, PCRE2_MULTILINE and PCRE2_ALT_EXTENDED_CLASS: classes and their
/// intersections, `^` and `$` at every line, "(?m:" for a dot that matches newlines, "{n,m}+" as a
/// repeated repetition, letters that equal several others without regard to case.
/// Throws `kCorruptFile` for a pattern that is not valid, `kUnsupported` for a construct that has
/// no equivalent.
std::string oniguruma_to_pcre2(std::string_view pattern);

}  // namespace verdict

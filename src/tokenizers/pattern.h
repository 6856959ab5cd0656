#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "verdict/tokenizers/normalized_text.h"

namespace verdict {

/// What is looked for in a text: a string or a regular expression.
class Pattern {
 public:
  virtual ~Pattern() = default;

  /// Appends the matches in a text, from left to right; they do not overlap. Throws
  /// `kInvalidArgument` for a text on which a regular expression takes too long.
  virtual void find(std::string_view text, std::vector<TextRange>& matches) const = 0;
};

/// {"String": …} or {"Regex": …} of a component. Throws `kCorruptFile` for anything else and for a
/// regular expression that is none, `kUnsupported` for one with a construct that is not supported.
std::unique_ptr<Pattern> make_pattern(const nlohmann::json& component);

/// The pattern of a regular expression in Oniguruma's syntax, which the reference uses.
std::unique_ptr<Pattern> make_regex_pattern(std::string_view regex);

/// Every occurrence of a string; an empty string occurs before every character and at the end.
std::unique_ptr<Pattern> make_string_pattern(std::string_view string);

/// What becomes of the matches when a text is split at them.
enum class SplitBehavior { kRemoved, kIsolated, kMergedWithPrevious, kMergedWithNext, kContiguous };

/// "Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"; throws
/// `kCorruptFile`.
SplitBehavior split_behavior_from_name(std::string_view name);

/// Appends the parts, without empty ones, of a piece that has matches (relative to its begin).
/// `invert` makes what lies between them the matches.
void split_at(TextRange piece, const std::vector<TextRange>& matches, SplitBehavior behavior,
              bool invert, std::vector<TextRange>& out);

}  // namespace verdict

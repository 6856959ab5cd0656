#include "verdict/tokenizers/pattern.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "verdict/base/strings.h"
#include "verdict/tokenizers/component.h"
#include "verdict/tokenizers/known_patterns.h"
#include "verdict/tokenizers/regex.h"

namespace verdict {

namespace {

constexpr std::array<std::pair<std::string_view, SplitBehavior>, 5> kBehaviors{{
    {"Removed", SplitBehavior::kRemoved},
    {"Isolated", SplitBehavior::kIsolated},
    {"MergedWithPrevious", SplitBehavior::kMergedWithPrevious},
    {"MergedWithNext", SplitBehavior::kMergedWithNext},
    {"Contiguous", SplitBehavior::kContiguous},
}};

class StringPattern final : public Pattern {
 public:
  explicit StringPattern(std::string_view string) : string_(string) {}

  void find(std::string_view text, std::vector<TextRange>& matches) const override {
    const auto add = [&](std::size_t first) {
      matches.push_back(
          {static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(first + string_.size())});
    };
    if (string_.empty()) {
      for (std::size_t at = 0; at < text.size(); ++at) {
        if (is_code_point_start(text[at])) add(at);
      }
      if (!text.empty()) add(text.size());
      return;
    }
    std::size_t at = 0;
    while ((at = text.find(string_, at)) != std::string_view::npos) {
      add(at);
      at += string_.size();
    }
  }

 private:
  std::string string_;
};

/// A stretch of a piece: a match, or what lies between two.
struct Span {
  TextRange range;
  bool is_match;
};

std::vector<Span> spans_of(TextRange piece, const std::vector<TextRange>& matches, bool invert) {
  std::vector<Span> spans;
  std::uint32_t at = piece.first;
  for (const TextRange match : matches) {
    const TextRange range{piece.first + match.first, piece.first + match.last};
    if (at < range.first) spans.push_back({{at, range.first}, invert});
    spans.push_back({range, !invert});
    at = range.last;
  }
  if (at < piece.last) spans.push_back({{at, piece.last}, invert});
  return spans;
}

}  // namespace

SplitBehavior split_behavior_from_name(std::string_view name) {
  for (const auto& [known, behavior] : kBehaviors) {
    if (known == name) return behavior;
  }
  tokenizer_json::corrupt("pre_tokenizer", concat("its behavior \"", name, "\" is unknown"));
}

void split_at(TextRange piece, const std::vector<TextRange>& matches, SplitBehavior behavior,
              bool invert, std::vector<TextRange>& out) {
  const auto add = [&](TextRange range) {
    if (range.size() > 0) out.push_back(range);
  };
  if (behavior == SplitBehavior::kIsolated || behavior == SplitBehavior::kRemoved) {
    const bool keep_matches = behavior == SplitBehavior::kIsolated || invert;
    const bool keep_rest = behavior == SplitBehavior::kIsolated || !invert;
    std::uint32_t at = piece.first;
    for (const TextRange match : matches) {
      const TextRange range{piece.first + match.first, piece.first + match.last};
      if (keep_rest) add({at, range.first});
      if (keep_matches) add(range);
      at = range.last;
    }
    if (keep_rest) add({at, piece.last});
    return;
  }
  // As the reference folds them: a match that follows (or precedes) another match is not merged.
  std::vector<Span> spans = spans_of(piece, matches, invert);
  const bool to_next = behavior == SplitBehavior::kMergedWithNext;
  if (to_next) std::ranges::reverse(spans);
  std::vector<TextRange> parts;
  bool previous = false;
  for (const Span& span : spans) {
    const bool merges = behavior == SplitBehavior::kContiguous ? span.is_match == previous
                                                               : span.is_match && !previous;
    previous = span.is_match;
    if (!merges || parts.empty()) {
      parts.push_back(span.range);
    } else if (to_next) {
      parts.back().first = span.range.first;
    } else {
      parts.back().last = span.range.last;
    }
  }
  if (to_next) std::ranges::reverse(parts);
  for (const TextRange part : parts) add(part);
}

std::unique_ptr<Pattern> make_string_pattern(std::string_view string) {
  return std::make_unique<StringPattern>(string);
}

std::unique_ptr<Pattern> make_regex_pattern(std::string_view regex) {
  if (auto known = find_known_pattern(regex)) return known;
  return std::make_unique<Regex>(regex);
}

std::unique_ptr<Pattern> make_pattern(const nlohmann::json& component) {
  const auto pattern = component.find("pattern");
  if (pattern != component.end() && pattern->is_object() && pattern->size() == 1) {
    const std::string kind = pattern->begin().key();
    if ((kind == "String" || kind == "Regex") && pattern->begin()->is_string()) {
      const auto text = pattern->begin()->get<std::string>();
      return kind == "String" ? make_string_pattern(text) : make_regex_pattern(text);
    }
  }
  tokenizer_json::corrupt(tokenizer_json::type_of(component, "component"),
                          "its \"pattern\" is neither {\"String\": …} nor {\"Regex\": …}");
}

}  // namespace verdict

#include "verdict/tokenizers/added_vocabulary.h"

#include <algorithm>
#include <utility>

#include "verdict/base/strings.h"
#include "verdict/base/unicode.h"
#include "verdict/base/utf8.h"

namespace verdict {

namespace {

/// The code point that ends before byte `end`, and where it begins.
std::pair<char32_t, std::size_t> code_point_before(std::string_view text, std::size_t end) {
  std::size_t first = end - 1;
  while (!is_code_point_start(text[first])) --first;
  std::size_t at = first;
  return {next_code_point(text, at), first};
}

bool word_before(std::string_view text, std::size_t at) {
  return at > 0 && unicode::is_word(code_point_before(text, at).first);
}

bool word_at(std::string_view text, std::size_t at) {
  return at < text.size() && unicode::is_word(next_code_point(text, at));
}

std::size_t skip_space_before(std::string_view text, std::size_t at, std::size_t least) {
  while (at > least) {
    const auto [c, first] = code_point_before(text, at);
    if (!unicode::is_whitespace(c)) break;
    at = first;
  }
  return std::max(at, least);
}

std::size_t skip_space_at(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    std::size_t next = at;
    if (!unicode::is_whitespace(next_code_point(text, next))) break;
    at = next;
  }
  return at;
}

}  // namespace

void AddedVocabulary::Matcher::add(const std::string& pattern, std::size_t token) {
  if (pattern.empty()) return;
  if (!patterns.insert_or_assign(pattern, token).second) return;
  auto& list = by_first_byte[static_cast<unsigned char>(pattern.front())];
  list.push_back(pattern);
  std::ranges::stable_sort(
      list, [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
}

void AddedVocabulary::add(AddedToken token, const Normalizer* normalizer) {
  const std::size_t index = tokens_.size();
  by_content_[token.content] = index;
  by_id_[token.id] = index;
  if (token.normalized) {
    NormalizedText content(token.content, 0, false);
    if (normalizer != nullptr) normalizer->normalize(content);
    normalized_.add(content.text(), index);
  } else {
    raw_.add(token.content, index);
  }
  tokens_.push_back(std::move(token));
}

const AddedToken* AddedVocabulary::find(std::string_view content) const {
  const auto found = by_content_.find(std::string(content));
  return found == by_content_.end() ? nullptr : &tokens_[found->second];
}

const AddedToken* AddedVocabulary::find(std::int32_t id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : &tokens_[found->second];
}

bool AddedVocabulary::is_special(std::int32_t id) const {
  const AddedToken* token = find(id);
  return token != nullptr && token->special;
}

std::vector<AddedVocabulary::Segment> AddedVocabulary::split(std::string_view text, bool normalized,
                                                             bool skip_special) const {
  const Matcher& matcher = normalized ? normalized_ : raw_;
  std::vector<Segment> segments;
  std::size_t open = 0;  // first byte that belongs to no segment yet
  const auto add = [&](std::size_t first, std::size_t last, const AddedToken* token) {
    if (first == last && token == nullptr) return;
    segments.push_back(
        {{static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(last)}, token});
  };
  std::size_t at = 0;
  while (at < text.size()) {
    const auto& candidates = matcher.by_first_byte[static_cast<unsigned char>(text[at])];
    const auto match = std::ranges::find_if(candidates, [&](const std::string& pattern) {
      return starts_with(text.substr(at), pattern);
    });
    if (match == candidates.end()) {
      ++at;
      continue;
    }
    const AddedToken& token = tokens_[matcher.patterns.at(*match)];
    std::size_t first = at;
    std::size_t last = at + match->size();
    at = last;
    if (skip_special && token.special) continue;
    if (token.single_word && (word_before(text, first) || word_at(text, last))) continue;
    if (token.lstrip) first = skip_space_before(text, first, open);
    if (token.rstrip) last = skip_space_at(text, last);
    add(open, first, nullptr);
    add(first, last, &token);
    open = last;
    at = std::max(at, last);
  }
  add(open, text.size(), nullptr);
  return segments;
}

}  // namespace verdict

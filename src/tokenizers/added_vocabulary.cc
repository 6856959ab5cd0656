#include "verdict/tokenizers/added_vocabulary.h"

#include <algorithm>
#include <utility>

#include "verdict/base/strings.h"
#include "verdict/base/unicode.h"
#include "verdict/base/utf8.h"

namespace verdict {

namespace {

bool word_before(std::string_view text, std::size_t at) {
  return at > 0 && unicode::is_word(code_point_before(text, at).first);
}

bool word_at(std::string_view text, std::size_t at) {
  return at < text.size() && unicode::is_word(next_code_point(text, at));
}

unsigned char first_byte(std::string_view text) { return static_cast<unsigned char>(text[0]); }

}  // namespace

AddedVocabulary::Matcher::Matcher(std::vector<std::pair<std::string, std::size_t>> patterns)
    : patterns_(std::move(patterns)) {
  std::erase_if(patterns_, [](const auto& pattern) { return pattern.first.empty(); });
  std::ranges::sort(patterns_);
  for (const auto& pattern : patterns_) {
    ++by_first_byte_[first_byte(pattern.first) + 1u];
    begins_[first_byte(pattern.first)] = true;
  }
  for (std::size_t byte = 0; byte < 256; ++byte) by_first_byte_[byte + 1] += by_first_byte_[byte];
}

const std::pair<std::string, std::size_t>* AddedVocabulary::Matcher::longest(
    std::string_view text) const {
  // The patterns that agree with the text so far lie side by side; the one that is no longer than
  // that comes first.
  std::size_t first = by_first_byte_[first_byte(text)];
  std::size_t last = by_first_byte_[first_byte(text) + 1u];
  const std::pair<std::string, std::size_t>* found = nullptr;
  for (std::size_t size = 1; first < last; ++size) {
    while (first < last && patterns_[first].first.size() == size) found = &patterns_[first++];
    if (first == last || size == text.size()) break;
    const auto byte_before = [&](const auto& pattern, unsigned char byte) {
      return static_cast<unsigned char>(pattern.first[size]) < byte;
    };
    const auto byte_after = [&](unsigned char byte, const auto& pattern) {
      return byte < static_cast<unsigned char>(pattern.first[size]);
    };
    const auto begin = patterns_.begin() + static_cast<std::ptrdiff_t>(first);
    const auto end = patterns_.begin() + static_cast<std::ptrdiff_t>(last);
    const auto byte = static_cast<unsigned char>(text[size]);
    const auto lower = std::lower_bound(begin, end, byte, byte_before);
    first = static_cast<std::size_t>(lower - patterns_.begin());
    last = static_cast<std::size_t>(std::upper_bound(lower, end, byte, byte_after) -
                                    patterns_.begin());
  }
  return found;
}

AddedVocabulary::AddedVocabulary(std::vector<AddedToken> tokens, const Normalizer* normalizer) {
  for (AddedToken& token : tokens) {
    if (token.special) special_.insert(token.content);
    const auto [place, is_new] = by_id_.try_emplace(token.id, tokens_.size());
    by_content_[token.content] = place->second;
    if (is_new) {
      tokens_.push_back(std::move(token));
    } else {
      tokens_[place->second] = std::move(token);
    }
  }
  std::vector<std::pair<std::string, std::size_t>> raw;
  std::vector<std::pair<std::string, std::size_t>> normalized;
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    decoded_.push_back(tokens_[i].content);
    if (tokens_[i].normalized && normalizer != nullptr) {
      NormalizedText content(tokens_[i].content, 0, false);
      normalizer->normalize(content);
      decoded_.back() = content.text();
    }
    (tokens_[i].normalized ? normalized : raw).emplace_back(decoded_.back(), i);
  }
  raw_ = Matcher(std::move(raw));
  normalized_ = Matcher(std::move(normalized));
}

const AddedToken* AddedVocabulary::find(std::string_view content) const {
  const auto found = by_content_.find(std::string(content));
  return found == by_content_.end() ? nullptr : &tokens_[found->second];
}

const AddedToken* AddedVocabulary::find(std::int32_t id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : &tokens_[found->second];
}

const std::string* AddedVocabulary::decoded(std::int32_t id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : &decoded_[found->second];
}

bool AddedVocabulary::is_special(std::string_view content) const {
  return special_.contains(std::string(content));
}

std::vector<AddedVocabulary::Segment> AddedVocabulary::split(std::string_view text, bool normalized,
                                                             bool skip_special) const {
  const Matcher& matcher = normalized ? normalized_ : raw_;
  std::vector<Segment> segments;
  std::size_t open = 0;  // first byte that belongs to no segment yet
  const auto add = [&](std::size_t first, std::size_t last, const AddedToken* token) {
    if (first >= last) return;
    segments.push_back(
        {{static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(last)}, token});
  };
  std::size_t at = matcher.empty() ? text.size() : matcher.next(text, 0);
  for (; at < text.size(); at = matcher.next(text, at)) {
    const auto* match = matcher.longest(text.substr(at));
    if (match == nullptr) {
      ++at;
      continue;
    }
    const AddedToken& token = tokens_[match->second];
    std::size_t first = at;
    std::size_t last = at + match->first.size();
    // As in the reference, a token is also found in the white space that the one before took.
    at = last;
    if (skip_special && is_special(token.content)) continue;
    if (token.single_word && (word_before(text, first) || word_at(text, last))) continue;
    if (token.lstrip) first = unicode::skip_space_before(text, first, open);
    if (token.rstrip) last = unicode::skip_space_at(text, last);
    add(open, first, nullptr);
    add(first, last, &token);
    open = last;
  }
  add(open, text.size(), nullptr);
  return segments;
}

}  // namespace verdict

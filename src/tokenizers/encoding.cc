#include "verdict/tokenizers/encoding.h"

#include <algorithm>
#include <utility>

namespace verdict {

namespace {

template <typename T>
std::vector<T> part(const std::vector<T>& all, std::size_t first, std::size_t last) {
  return {all.begin() + static_cast<std::ptrdiff_t>(first),
          all.begin() + static_cast<std::ptrdiff_t>(last)};
}

template <typename T>
void extend(std::vector<T>& all, const std::vector<T>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

void append_tokens(Encoding& to, const Encoding& from) {
  extend(to.ids, from.ids);
  extend(to.type_ids, from.type_ids);
  extend(to.attention_mask, from.attention_mask);
  extend(to.special_tokens_mask, from.special_tokens_mask);
  extend(to.offsets, from.offsets);
  extend(to.word_ids, from.word_ids);
  extend(to.sequence_ids, from.sequence_ids);
  extend(to.spaces, from.spaces);
}

}  // namespace

void Encoding::reserve(std::size_t size) {
  for (const auto field :
       {&Encoding::ids, &Encoding::type_ids, &Encoding::attention_mask,
        &Encoding::special_tokens_mask, &Encoding::word_ids, &Encoding::sequence_ids}) {
    (this->*field).reserve(size);
  }
  offsets.reserve(size);
}

void Encoding::push_back(std::int32_t id, std::int32_t type_id, std::int32_t special,
                         TextRange range, std::int32_t word_id, std::int32_t sequence_id) {
  ids.push_back(id);
  type_ids.push_back(type_id);
  attention_mask.push_back(1);
  special_tokens_mask.push_back(special);
  offsets.push_back(range);
  word_ids.push_back(word_id);
  sequence_ids.push_back(sequence_id);
}

Encoding Encoding::slice(std::size_t first, std::size_t last) const {
  return {part(ids, first, last),
          part(type_ids, first, last),
          part(attention_mask, first, last),
          part(special_tokens_mask, first, last),
          part(offsets, first, last),
          part(word_ids, first, last),
          part(sequence_ids, first, last),
          spaces.empty() ? std::vector<TokenSpaces>() : part(spaces, first, last),
          {}};
}

void Encoding::append(const Encoding& other) {
  std::vector<Encoding> windows;
  const auto combine = [&](const Encoding& left, const Encoding& right) {
    Encoding window = left.slice(0, left.size());
    append_tokens(window, right);
    windows.push_back(std::move(window));
  };
  for (const Encoding& own : overflowing) {
    combine(own, other);
    for (const Encoding& theirs : other.overflowing) combine(own, theirs);
  }
  for (const Encoding& theirs : other.overflowing) combine(*this, theirs);
  append_tokens(*this, other);
  overflowing = std::move(windows);
}

void Encoding::set_type_ids(std::int32_t type_id) {
  std::fill(type_ids.begin(), type_ids.end(), type_id);
  for (Encoding& window : overflowing) window.set_type_ids(type_id);
}

}  // namespace verdict

#include "verdict/tokenizers/vocabulary.h"

#include <algorithm>
#include <utility>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"

namespace verdict {

void Vocabulary::add(std::string_view token, std::int64_t id) { put(token, id); }

void Vocabulary::replace(std::string_view token, std::int64_t id) {
  const std::int32_t before = put(token, id);
  if (before >= 0 && before != id && this->token(before) == token) {
    by_id_[static_cast<std::size_t>(before)] = -1;
  }
}

std::int32_t Vocabulary::put(std::string_view token, std::int64_t id) {
  if (id < 0 || id > kMostId) {
    throw Error(ErrorCode::kCorruptFile,
                concat("The vocabulary gives the token \"", token, "\" the id ", id,
                       "; ids from 0 to ", kMostId, " are possible."));
  }
  if (token.size() >= (1u << 24) || text_.size() + token.size() > UINT32_MAX) {
    throw Error(ErrorCode::kCorruptFile, "The vocabulary's tokens are too long.");
  }
  Hash hash;
  hash.add(token);
  const auto start = static_cast<std::uint32_t>(text_.size());
  const auto size = static_cast<std::uint32_t>(token.size());
  text_ += token;
  if (4 * (count_ + 1) > 3 * slots_.size()) grow();
  const std::int32_t before = insert({hash.value(), static_cast<std::int32_t>(id), start, size});
  if (by_id_.size() <= static_cast<std::size_t>(id))
    by_id_.resize(static_cast<std::size_t>(id) + 1, -1);
  by_id_[static_cast<std::size_t>(id)] = std::int64_t{start} << 24 | size;
  longest_ = std::max(longest_, token.size());
  return before;
}

std::int32_t Vocabulary::insert(const Slot& slot) {
  const std::size_t mask = slots_.size() - 1;
  const std::string_view text(text_.data() + slot.start, slot.size);
  for (std::size_t i = slot.hash & mask;; i = (i + 1) & mask) {
    Slot& place = slots_[i];
    if (place.id < 0) {
      place = slot;
      ++count_;
      return -1;
    }
    if (place.hash == slot.hash && matches(place, {}, text)) {
      return std::exchange(place.id, slot.id);
    }
  }
}

void Vocabulary::grow() {
  std::vector<Slot> old(std::max<std::size_t>(64, slots_.size() * 2));
  old.swap(slots_);
  count_ = 0;
  for (const Slot& slot : old) {
    if (slot.id >= 0) insert(slot);
  }
}

std::optional<std::int32_t> Vocabulary::find(std::string_view token) const {
  Hash hash;
  hash.add(token);
  const std::int32_t id = find(hash.value(), {}, token);
  return id < 0 ? std::nullopt : std::optional(id);
}

std::optional<std::string_view> Vocabulary::token(std::int64_t id) const {
  if (id < 0 || id >= static_cast<std::int64_t>(by_id_.size())) return std::nullopt;
  const std::int64_t place = by_id_[static_cast<std::size_t>(id)];
  if (place < 0) return std::nullopt;
  return std::string_view(text_).substr(static_cast<std::size_t>(place >> 24),
                                        static_cast<std::size_t>(place & 0xffffff));
}

std::array<std::int32_t, 256> Vocabulary::byte_fallback_ids() const {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::array<std::int32_t, 256> ids{};
  for (std::size_t byte = 0; byte < ids.size(); ++byte) {
    ids[byte] = find(concat("<0x", kDigits[byte >> 4], kDigits[byte & 15], ">")).value_or(-1);
  }
  return ids;
}

}  // namespace verdict

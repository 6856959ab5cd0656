#include "verdict/tokenizers/vocabulary.h"

#include <algorithm>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"

namespace verdict {

namespace {

std::uint32_t hash_of(std::string_view token) {
  Vocabulary::Hash hash;
  hash.add(token);
  return hash.value();
}

}  // namespace

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
  if (4 * (count_ + 1) > 3 * slots_.size()) resize(std::max<std::size_t>(64, 2 * slots_.size()));
  if (by_id_.size() <= static_cast<std::size_t>(id))
    by_id_.resize(static_cast<std::size_t>(id) + 1, -1);
  std::int64_t& place = by_id_[static_cast<std::size_t>(id)];
  if (place >= 0 && text_at(place) != token) {
    // The id's token loses its entry, unless it has another id by now.
    const std::string_view other = text_at(place);
    Slot& slot = slots_[slot_of(hash_of(other), other)];
    if (slot.entry == id) {
      slot.entry = -2 - static_cast<std::int32_t>(aliases_.size());
      aliases_.push_back({place, static_cast<std::int32_t>(id)});
    }
  }
  const std::uint32_t hash = hash_of(token);
  Slot& slot = slots_[slot_of(hash, token)];
  const std::int32_t before = slot.entry == kFree ? -1 : id_of(slot);
  if (slot.entry == kFree) ++count_;
  slot = {hash, static_cast<std::int32_t>(id)};
  place = static_cast<std::int64_t>(text_.size()) << 24 | static_cast<std::int64_t>(token.size());
  text_ += token;
  longest_ = std::max(longest_, token.size());
  return before;
}

std::size_t Vocabulary::slot_of(std::uint32_t hash, std::string_view token) const {
  std::size_t i = home(hash);
  while (slots_[i].entry != kFree && (slots_[i].hash != hash || text_of(slots_[i]) != token)) {
    i = next(i);
  }
  return i;
}

void Vocabulary::reserve(std::size_t tokens, std::size_t bytes) {
  text_.reserve(bytes);
  by_id_.reserve(tokens);
  if (4 * tokens > 3 * slots_.size()) resize(4 * tokens / 3 + 2);
}

void Vocabulary::resize(std::size_t slots) {
  std::vector<Slot> old(slots);
  old.swap(slots_);
  for (const Slot& slot : old) {
    if (slot.entry == kFree) continue;
    std::size_t i = home(slot.hash);
    while (slots_[i].entry != kFree) i = next(i);
    slots_[i] = slot;
  }
}

std::optional<std::int32_t> Vocabulary::find(std::string_view token) const {
  const std::int32_t id = find(hash_of(token), {}, token);
  return id < 0 ? std::nullopt : std::optional(id);
}

std::optional<std::string_view> Vocabulary::token(std::int64_t id) const {
  if (id < 0 || id >= static_cast<std::int64_t>(by_id_.size())) return std::nullopt;
  const std::int64_t place = by_id_[static_cast<std::size_t>(id)];
  if (place < 0) return std::nullopt;
  return text_at(place);
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

#include "verdict/tokenizers/word_cache.h"

#include <cstring>
#include <utility>

namespace verdict {

namespace {

constexpr std::size_t kFewestSlots = 1 << 10;
constexpr std::size_t kMostSlots = 1 << 16;
constexpr std::size_t kMostTokens = 1 << 18;

}  // namespace

WordCache::WordCache() : slots_(kFewestSlots) {}

std::uint64_t WordCache::hash_of(std::string_view word) {
  constexpr std::uint64_t kMultiplier = 0x9e3779b97f4a7c15u;
  std::uint64_t hash = word.size() * kMultiplier;
  const auto mix = [&](std::uint64_t value) {
    hash = (hash ^ value) * kMultiplier;
    hash ^= hash >> 29;
  };
  while (word.size() >= 8) {
    std::uint64_t value = 0;
    std::memcpy(&value, word.data(), 8);
    mix(value);
    word.remove_prefix(8);
  }
  std::uint64_t rest = 0;
  for (const char byte : word) rest = rest << 8 | static_cast<unsigned char>(byte);
  mix(rest);
  return hash | 1;
}

WordCache::Slot* WordCache::find(std::string_view word, std::uint64_t hash) {
  const std::size_t mask = slots_.size() - 1;
  for (auto i = static_cast<std::size_t>(hash >> 20) & mask;; i = (i + 1) & mask) {
    Slot& slot = slots_[i];
    if (slot.hash == 0) return &slot;
    if (slot.hash == hash && word == std::string_view(text_).substr(slot.text, slot.size)) {
      return &slot;
    }
  }
}

WordCache::Slot* WordCache::make_room(std::string_view word, std::uint64_t hash, Slot* slot) {
  if (2 * (used_ + 1) > slots_.size() || tokens_.size() > kMostTokens) {
    if (slots_.size() == kMostSlots || tokens_.size() > kMostTokens) {
      slots_.assign(slots_.size(), {});
      used_ = 0;
      text_.clear();
      tokens_.clear();
    } else {
      std::vector<Slot> old(2 * slots_.size());
      old.swap(slots_);
      for (const Slot& known : old) {
        if (known.hash == 0) continue;
        *find(std::string_view(text_).substr(known.text, known.size), known.hash) = known;
      }
    }
    slot = find(word, hash);
  }
  ++used_;
  slot->text = static_cast<std::uint32_t>(text_.size());
  slot->size = static_cast<std::uint32_t>(word.size());
  text_ += word;
  return slot;
}

}  // namespace verdict

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "verdict/tokenizers/models/tokenizer_model.h"

namespace verdict {

/// The tokens of words that a model has seen. When it is full, it starts anew.
class WordCache {
 public:
  /// A longer word is not kept.
  static constexpr std::size_t kLongestWord = 64;

  WordCache();

  /// The tokens of a word of at most `kLongestWord` bytes. Where they are not known,
  /// `tokenize(tokens)` appends them. The span is valid until the next call.
  template <typename Tokenize>
  std::span<const ModelToken> tokens_of(std::string_view word, const Tokenize& tokenize) {
    const std::uint64_t hash = hash_of(word);
    Slot* slot = find(word, hash);
    if (slot->hash != hash) {
      slot = make_room(word, hash, slot);
      slot->tokens = static_cast<std::uint32_t>(tokens_.size());
      tokenize(tokens_);
      slot->count = static_cast<std::uint32_t>(tokens_.size()) - slot->tokens;
      // Only now, so that an exception leaves the slot empty.
      slot->hash = hash;
    }
    return {tokens_.data() + slot->tokens, slot->count};
  }

 private:
  struct Slot {
    std::uint64_t hash = 0;  ///< 0: empty
    std::uint32_t text = 0;
    std::uint32_t size = 0;
    std::uint32_t tokens = 0;
    std::uint32_t count = 0;
  };

  static std::uint64_t hash_of(std::string_view word);
  /// The slot of the word, or the empty one where it belongs.
  Slot* find(std::string_view word, std::uint64_t hash);
  /// An empty slot for the word, whose text is kept.
  Slot* make_room(std::string_view word, std::uint64_t hash, Slot* slot);

  std::vector<Slot> slots_;
  std::size_t used_ = 0;
  std::string text_;
  std::vector<ModelToken> tokens_;
};

}  // namespace verdict

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace verdict {

/// Tokens and their ids, both ways.
class Vocabulary {
 public:
  /// Ids above this are taken for a defect of the file.
  static constexpr std::int64_t kMostId = (1 << 24) - 1;

  /// A hash that grows byte by byte, so that all prefixes of a word are hashed in one walk.
  class Hash {
   public:
    void add(char byte) { state_ = (state_ ^ static_cast<unsigned char>(byte)) * 0x100000001b3u; }
    void add(std::string_view bytes) {
      for (const char byte : bytes) add(byte);
    }
    std::uint32_t value() const { return static_cast<std::uint32_t>(state_ ^ state_ >> 32); }

   private:
    std::uint64_t state_ = 0xcbf29ce484222325u;
  };

  /// Makes room for so many tokens of so many bytes together.
  void reserve(std::size_t tokens, std::size_t bytes);

  /// Throws `kCorruptFile` for an id that is negative or too large. A token that is added twice has
  /// the later id.
  void add(std::string_view token, std::int64_t id);

  /// `add`, after which an earlier id of the token is none.
  void replace(std::string_view token, std::int64_t id);

  std::optional<std::int32_t> find(std::string_view token) const;

  /// The token `prefix` + `rest`, whose hash is given; -1 when there is none.
  std::int32_t find(std::uint32_t hash, std::string_view prefix, std::string_view rest) const {
    if (slots_.empty()) return -1;
    for (std::size_t i = home(hash);; i = next(i)) {
      const Slot& slot = slots_[i];
      if (slot.entry == kFree) return -1;
      if (slot.hash == hash && matches(text_of(slot), prefix, rest)) return id_of(slot);
    }
  }

  /// The token of an id; nothing where there is none.
  std::optional<std::string_view> token(std::int64_t id) const;

  /// The ids of <0x00> … <0xFF>, by byte; -1: none.
  std::array<std::int32_t, 256> byte_fallback_ids() const;

  std::size_t size() const { return count_; }             ///< number of tokens
  std::size_t id_limit() const { return by_id_.size(); }  ///< one above the largest id
  std::size_t longest() const { return longest_; }        ///< bytes of the longest token

 private:
  // A token's text stands with its id in `by_id_`; what lost its id to a later token is an alias.
  static constexpr std::int32_t kFree = -1;
  struct Slot {
    std::uint32_t hash = 0;
    std::int32_t entry = kFree;  // the id, or -2 - the index of an alias
  };
  struct Alias {
    std::int64_t place;
    std::int32_t id;
  };

  // Any number of slots will do, so that a table fits its vocabulary.
  std::size_t home(std::uint32_t hash) const {
    return static_cast<std::size_t>(std::uint64_t{hash} * slots_.size() >> 32);
  }
  std::size_t next(std::size_t slot) const { return slot + 1 < slots_.size() ? slot + 1 : 0; }

  std::int32_t id_of(const Slot& slot) const {
    return slot.entry >= 0 ? slot.entry : aliases_[alias_index(slot)].id;
  }
  std::string_view text_of(const Slot& slot) const {
    return text_at(slot.entry >= 0 ? by_id_[static_cast<std::size_t>(slot.entry)]
                                   : aliases_[alias_index(slot)].place);
  }
  static std::size_t alias_index(const Slot& slot) {
    return static_cast<std::size_t>(-2 - slot.entry);
  }
  std::string_view text_at(std::int64_t place) const {
    return {text_.data() + (place >> 24), static_cast<std::size_t>(place & 0xffffff)};
  }
  static bool matches(std::string_view text, std::string_view prefix, std::string_view rest) {
    return text.size() == prefix.size() + rest.size() && text.substr(0, prefix.size()) == prefix &&
           text.substr(prefix.size()) == rest;
  }
  /// The slot of a token, or the free one where it belongs.
  std::size_t slot_of(std::uint32_t hash, std::string_view token) const;
  /// The id that the token had before; -1: none.
  std::int32_t put(std::string_view token, std::int64_t id);
  void resize(std::size_t slots);

  std::string text_;  // all tokens, one after another
  std::vector<Slot> slots_;
  std::vector<std::int64_t> by_id_;  // place in the text, start << 24 | size; -1: no token
  std::vector<Alias> aliases_;
  std::size_t count_ = 0;
  std::size_t longest_ = 0;
};

}  // namespace verdict

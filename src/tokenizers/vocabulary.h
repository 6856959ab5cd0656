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

  /// Throws `kCorruptFile` for an id that is negative or too large. A token that is added twice has
  /// the later id.
  void add(std::string_view token, std::int64_t id);

  /// `add`, after which an earlier id of the token is none.
  void replace(std::string_view token, std::int64_t id);

  std::optional<std::int32_t> find(std::string_view token) const;

  /// The token `prefix` + `rest`, whose hash is given; -1 when there is none.
  std::int32_t find(std::uint32_t hash, std::string_view prefix, std::string_view rest) const {
    if (slots_.empty()) return -1;
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
      const Slot& slot = slots_[i];
      if (slot.id < 0) return -1;
      if (slot.hash == hash && matches(slot, prefix, rest)) return slot.id;
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
  struct Slot {
    std::uint32_t hash = 0;
    std::int32_t id = -1;
    std::uint32_t start = 0;
    std::uint32_t size = 0;
  };

  bool matches(const Slot& slot, std::string_view prefix, std::string_view rest) const {
    if (slot.size != prefix.size() + rest.size()) return false;
    const std::string_view text(text_.data() + slot.start, slot.size);
    return text.substr(0, prefix.size()) == prefix && text.substr(prefix.size()) == rest;
  }
  /// The id that the token had before; -1: none.
  std::int32_t insert(const Slot& slot);
  std::int32_t put(std::string_view token, std::int64_t id);
  void grow();

  std::string text_;  // all tokens, one after another
  std::vector<Slot> slots_;
  std::vector<std::int64_t> by_id_;  // start << 24 | size, or -1
  std::size_t count_ = 0;
  std::size_t longest_ = 0;
};

}  // namespace verdict

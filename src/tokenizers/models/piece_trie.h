#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "verdict/tokenizers/vocabulary.h"

namespace verdict {

/// Finds the pieces that a text begins with: a double array over bytes (Aoe 1989), in which a
/// stretch that belongs to one piece only is compared with the piece itself.
class PieceTrie {
 public:
  /// The tokens of a vocabulary, which must live as long as the trie. Of ids of the same token the
  /// largest counts; an empty token is never found.
  explicit PieceTrie(const Vocabulary& vocabulary);

  /// Calls `found(size, id)` for every piece at the beginning of `text`, the shortest first. Gives
  /// the number of bytes that it looked at.
  template <typename Found>
  std::size_t find_prefixes(std::string_view text, const Found& found) const {
    std::int32_t at = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const std::int32_t base = units_[static_cast<std::size_t>(at)].base;
      if (base < 0) {
        if (base == kNoChildren) return i;
        const std::int32_t id = kFirstTail - base;
        const std::string_view piece = *vocabulary_.token(id);
        if (text.substr(i, piece.size() - i) == piece.substr(i)) found(piece.size(), id);
        return piece.size();
      }
      const std::int32_t next = base ^ static_cast<unsigned char>(text[i]);
      const Unit& unit = units_[static_cast<std::size_t>(next)];
      if (unit.parent != at) return i;
      if (unit.piece >= 0) found(i + 1, unit.piece);
      at = next;
    }
    return text.size();
  }

 private:
  static constexpr std::int32_t kNoChildren = -1;
  static constexpr std::int32_t kFirstTail = -2;  // -2 - id: the only piece below
  static constexpr std::int32_t kNone = -1;

  struct Unit {
    std::int32_t base = kNoChildren;  // the child of byte b is unit base ^ b
    std::int32_t parent = kNone;      // kNone: a free unit
    std::int32_t piece = kNone;       // the piece that ends here
  };

  class Builder;

  const Vocabulary& vocabulary_;
  std::vector<Unit> units_;  // whole blocks of 256
};

}  // namespace verdict

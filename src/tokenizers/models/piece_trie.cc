#include "verdict/tokenizers/models/piece_trie.h"

#include <algorithm>
#include <span>

namespace verdict {

namespace {

constexpr std::int32_t kBlock = 256;

/// Free units that are tried for a node with several children before a new block is begun.
constexpr int kMostTrials = 32;

/// Bytes that are compared at once when pieces are sorted.
constexpr std::uint32_t kWindow = 8;

/// The bytes from `at` on as a number of the same order; behind the end are zeros.
std::uint64_t window_of(std::string_view piece, std::size_t at) {
  std::uint64_t value = 0;
  for (std::size_t i = at; i < at + kWindow; ++i) {
    value = value << 8 | (i < piece.size() ? static_cast<unsigned char>(piece[i]) : 0u);
  }
  return value;
}

}  // namespace

class PieceTrie::Builder {
 public:
  Builder(const Vocabulary& vocabulary, std::vector<Unit>& units)
      : vocabulary_(vocabulary), units_(units) {}

  void build() {
    const auto limit = static_cast<std::int32_t>(vocabulary_.id_limit());
    for (std::int32_t id = 0; id < limit; ++id) {
      const auto piece = vocabulary_.token(id);
      if (piece && !piece->empty()) {
        keys_.push_back({0, id, static_cast<std::uint32_t>(piece->size())});
      }
    }
    add_block();
    occupy(0, kRoot);
    std::vector<Node> queue{{0, 0, static_cast<std::uint32_t>(keys_.size()), 0}};
    for (std::size_t i = 0; i < queue.size(); ++i) expand(queue[i], queue);
  }

 private:
  static constexpr std::int32_t kRoot = -2;  // parent of the root: no unit, and not free

  struct Key {
    std::uint64_t window;
    std::int32_t id;
    std::uint32_t size;
  };

  /// The keys first … last - 1 share `depth` bytes, which lead to `unit`.
  struct Node {
    std::int32_t unit;
    std::uint32_t first;
    std::uint32_t last;
    std::uint32_t depth;
  };

  struct Child {
    unsigned char byte;
    std::uint32_t first;
    std::uint32_t last;
  };

  Unit& unit(std::int32_t at) { return units_[static_cast<std::size_t>(at)]; }

  /// Sorts keys that share `depth` bytes by the bytes of the next window.
  void sort(std::span<Key> keys, std::uint32_t depth) {
    for (Key& key : keys) key.window = window_of(*vocabulary_.token(key.id), depth);
    std::ranges::sort(keys, [](const Key& a, const Key& b) {
      if (a.window != b.window) return a.window < b.window;
      return a.size != b.size ? a.size < b.size : a.id < b.id;
    });
  }

  void expand(const Node node, std::vector<Node>& queue) {
    std::uint32_t first = node.first;
    if (node.depth % kWindow == 0 && node.last - first > 1) {
      sort(std::span(keys_).subspan(first, node.last - first), node.depth);
    }
    // Pieces that end here are equal; the last one counts.
    while (first < node.last && keys_[first].size == node.depth) {
      unit(node.unit).piece = keys_[first++].id;
    }
    if (first == node.last) return;
    if (node.last - first == 1) {
      unit(node.unit).base = kFirstTail - keys_[first].id;
      return;
    }
    children_.clear();
    const std::uint32_t shift = 8 * (kWindow - 1 - node.depth % kWindow);
    for (std::uint32_t key = first; key < node.last; ++key) {
      const auto byte = static_cast<unsigned char>(keys_[key].window >> shift);
      if (children_.empty() || children_.back().byte != byte) children_.push_back({byte, key, key});
      children_.back().last = key + 1;
    }
    const std::int32_t base = find_base();
    unit(node.unit).base = base;
    for (const Child& child : children_) {
      const std::int32_t at = base ^ child.byte;
      occupy(at, node.unit);
      queue.push_back({at, child.first, child.last, node.depth + 1});
    }
  }

  /// A base whose units for all children are free. Single children fill gaps from the beginning;
  /// several look from where the last ones found room, so that full regions are not searched again.
  std::int32_t find_base() {
    const unsigned char byte = children_.front().byte;
    if (children_.size() == 1) return (first_free_ == kNone ? add_block() : first_free_) ^ byte;
    for (int trial = 0; search_ != kNone && trial < kMostTrials; ++trial) {
      const std::int32_t base = search_ ^ byte;
      const bool fits = std::ranges::all_of(
          children_, [&](const Child& child) { return unit(base ^ child.byte).parent == kNone; });
      if (fits) return base;
      search_ = links_[static_cast<std::size_t>(search_)].next;
    }
    search_ = add_block();
    return search_ ^ byte;
  }

  /// Appends free units and returns the first.
  std::int32_t add_block() {
    const auto first = static_cast<std::int32_t>(units_.size());
    units_.resize(units_.size() + kBlock);
    links_.resize(units_.size());
    for (std::int32_t at = first; at < first + kBlock; ++at) {
      links_[static_cast<std::size_t>(at)] = {last_free_, kNone};
      (last_free_ == kNone ? first_free_ : links_[static_cast<std::size_t>(last_free_)].next) = at;
      last_free_ = at;
    }
    return first;
  }

  void occupy(std::int32_t at, std::int32_t parent) {
    unit(at).parent = parent;
    if (at == search_) search_ = links_[static_cast<std::size_t>(at)].next;
    const Link link = links_[static_cast<std::size_t>(at)];
    (link.previous == kNone ? first_free_ : links_[static_cast<std::size_t>(link.previous)].next) =
        link.next;
    (link.next == kNone ? last_free_ : links_[static_cast<std::size_t>(link.next)].previous) =
        link.previous;
  }

  struct Link {
    std::int32_t previous = kNone;
    std::int32_t next = kNone;
  };

  const Vocabulary& vocabulary_;
  std::vector<Unit>& units_;
  std::vector<Key> keys_;
  std::vector<Child> children_;
  std::vector<Link> links_;  // of the free units, in order of their place
  std::int32_t first_free_ = kNone;
  std::int32_t last_free_ = kNone;
  std::int32_t search_ = kNone;  // a free unit
};

PieceTrie::PieceTrie(const Vocabulary& vocabulary) : vocabulary_(vocabulary) {
  Builder(vocabulary, units_).build();
  units_.shrink_to_fit();
}

}  // namespace verdict

#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace verdict {

/// What a pair of neighbouring tokens becomes, and how early; `id` is -1 for a pair that stays.
struct Merge {
  std::uint32_t rank = UINT32_MAX;
  std::int32_t id = -1;
};

/// Calls `add(left, right)` for each merge of the JSON text of a list of "left right" or
/// ["left", "right"]. Throws `kCorruptFile` for a list of something else.
void for_each_merge(std::string_view list,
                    const std::function<void(std::string_view, std::string_view)>& add);

/// As many merges as such a list has, or more.
std::size_t most_merges(std::string_view list);

/// The merges of byte-pair encoding by pair of ids.
class MergeTable {
 public:
  /// So many merges find room without growing.
  explicit MergeTable(std::size_t size);

  /// A pair that is added twice has the later merge.
  void add(std::int32_t left, std::int32_t right, Merge merge);

  Merge find(std::int32_t left, std::int32_t right) const {
    const std::uint64_t pair = key(left, right);
    for (std::size_t i = slot(pair);;) {
      const Slot& slot = slots_[i];
      if (slot.pair == pair) return slot.merge;
      if (slot.pair == kEmpty) return {};
      if (++i == slots_.size()) i = 0;
    }
  }

 private:
  static constexpr std::uint64_t kEmpty = UINT64_MAX;

  struct Slot {
    std::uint64_t pair = kEmpty;
    Merge merge;
  };

  static std::uint64_t key(std::int32_t left, std::int32_t right) {
    return std::uint64_t{static_cast<std::uint32_t>(left)} << 32 |
           static_cast<std::uint32_t>(right);
  }
  /// Any number of slots will do, so that half a million merges do not take a million.
  std::size_t slot(std::uint64_t pair) const {
    const std::uint64_t hash = pair * 0x9e3779b97f4a7c15u >> 32;
    return static_cast<std::size_t>(hash * slots_.size() >> 32);
  }

  void resize(std::size_t most);

  std::size_t count_ = 0;
  std::vector<Slot> slots_;
};

}  // namespace verdict

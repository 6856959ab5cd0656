#include "verdict/tokenizers/models/merge_table.h"

namespace verdict {

MergeTable::MergeTable(std::size_t size) {
  while (mask_ + 1 < 2 * size) {
    mask_ = 2 * mask_ + 1;
    --shift_;
  }
  slots_.resize(mask_ + 1);
}

void MergeTable::add(std::int32_t left, std::int32_t right, Merge merge) {
  const std::uint64_t pair = key(left, right);
  std::size_t i = slot(pair);
  while (slots_[i].pair != kEmpty && slots_[i].pair != pair) i = (i + 1) & mask_;
  slots_[i] = {pair, merge};
}

}  // namespace verdict

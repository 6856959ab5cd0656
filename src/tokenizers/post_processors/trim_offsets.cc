#include "verdict/tokenizers/post_processors/trim_offsets.h"

#include <algorithm>

namespace verdict {

void TrimOffsets::process(std::vector<Encoding>& encodings, bool) const {
  for (Encoding& encoding : encodings) {
    trim(encoding);
    for (Encoding& window : encoding.overflowing) trim(window);
  }
}

void TrimOffsets::trim(Encoding& encoding) const {
  for (std::size_t i = 0; i < encoding.spaces.size(); ++i) {
    TextRange& range = encoding.offsets[i];
    std::uint32_t leading = encoding.spaces[i].leading;
    const std::uint32_t trailing = encoding.spaces[i].trailing;
    const bool is_first = i == 0 || range.first == 0;
    if (is_first && add_prefix_space_ && leading == 1) leading = 0;
    range.first = std::min(range.first + leading, range.last);
    if (trailing > 0 && range.last >= trailing) {
      range.last = std::max(range.last - trailing, range.first);
    }
  }
  encoding.spaces.clear();
}

}  // namespace verdict

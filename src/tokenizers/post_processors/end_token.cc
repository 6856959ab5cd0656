#include "verdict/tokenizers/post_processors/end_token.h"

#include <utility>

namespace verdict {

void EndToken::process(std::vector<Encoding>& encodings, bool add_special_tokens) const {
  std::vector<Encoding> out;
  for (Encoding& encoding : encodings) {
    encoding.set_type_ids(0);
    const bool has_end = !encoding.ids.empty() && encoding.ids.back() == id_;
    out.push_back(std::move(encoding));
    if (!add_special_tokens || has_end) continue;
    out.emplace_back();
    out.back().push_back(id_, 0, 1, {}, Encoding::kNone, Encoding::kNone);
  }
  encodings = std::move(out);
}

}  // namespace verdict

#include "verdict/tokenizers/post_processors/template.h"

#include <utility>

namespace verdict {

TemplateProcessor::TemplateProcessor(std::vector<TemplatePiece> single,
                                     std::vector<TemplatePiece> pair)
    : single_(std::move(single)), pair_(std::move(pair)) {}

std::int64_t TemplateProcessor::added_tokens(bool is_pair) const {
  std::int64_t count = 0;
  for (const TemplatePiece& piece : is_pair ? pair_ : single_) {
    count += static_cast<std::int64_t>(piece.special_ids.size());
  }
  return count;
}

Encoding TemplateProcessor::process(std::vector<Encoding> encodings,
                                    bool add_special_tokens) const {
  Encoding out;
  bool is_first = true;
  for (const TemplatePiece& piece : encodings.size() == 2 ? pair_ : single_) {
    Encoding next;
    if (piece.special_ids.empty()) {
      next = encodings.at(piece.sequence);
      next.set_type_ids(piece.type_id);
    } else if (add_special_tokens) {
      for (const std::int32_t id : piece.special_ids) {
        next.push_back(id, piece.type_id, 1, {}, Encoding::kNone, Encoding::kNone);
      }
    }
    if (std::exchange(is_first, false)) {
      out = std::move(next);
    } else {
      out.append(next);
    }
  }
  return out;
}

}  // namespace verdict

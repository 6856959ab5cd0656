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

void TemplateProcessor::process(std::vector<Encoding>& encodings, bool add_special_tokens) const {
  std::vector<Encoding> out;
  for (const TemplatePiece& piece : encodings.size() == 2 ? pair_ : single_) {
    if (piece.special_ids.empty()) {
      out.push_back(encodings.at(piece.sequence));
      out.back().set_type_ids(piece.type_id);
    } else if (add_special_tokens) {
      out.emplace_back();
      for (const std::int32_t id : piece.special_ids) {
        out.back().push_back(id, piece.type_id, 1, {}, Encoding::kNone, Encoding::kNone);
      }
    }
  }
  encodings = std::move(out);
}

}  // namespace verdict

#include "verdict/tokenizers/post_processors/template.h"

#include <array>
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
  const std::vector<TemplatePiece>& pieces = encodings.size() == 2 ? pair_ : single_;
  std::array<int, 2> uses{};  // that are still to come, of each text
  for (const TemplatePiece& piece : pieces) {
    if (piece.special_ids.empty()) ++uses[piece.sequence];
  }
  std::vector<Encoding> out;
  for (const TemplatePiece& piece : pieces) {
    if (piece.special_ids.empty()) {
      Encoding& text = encodings.at(piece.sequence);
      out.push_back(--uses[piece.sequence] == 0 ? std::move(text) : text);
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

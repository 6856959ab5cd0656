#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "verdict/tokenizers/post_processors/post_processor.h"

namespace verdict {

/// One part of a template: special tokens, or one of the texts.
struct TemplatePiece {
  std::vector<std::int32_t> special_ids;  ///< empty: a text
  std::size_t sequence = 0;               ///< 0: the text, 1: its pair
  std::int32_t type_id = 0;
};

/// Reference: TemplateProcessing of tokenizers.
class TemplateProcessor final : public PostProcessor {
 public:
  TemplateProcessor(std::vector<TemplatePiece> single, std::vector<TemplatePiece> pair);

  std::int64_t added_tokens(bool is_pair) const override;
  void process(std::vector<Encoding>& encodings, bool add_special_tokens) const override;

 private:
  std::vector<TemplatePiece> single_;
  std::vector<TemplatePiece> pair_;
};

}  // namespace verdict

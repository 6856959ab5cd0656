#pragma once

#include <cstdint>
#include <vector>

#include "verdict/tokenizers/post_processors/post_processor.h"

namespace verdict {

/// Ends each text with a token, which one that has it already keeps (reference: ByT5Tokenizer).
class EndToken final : public PostProcessor {
 public:
  explicit EndToken(std::int32_t id) : id_(id) {}

  std::int64_t added_tokens(bool is_pair) const override { return is_pair ? 2 : 1; }
  void process(std::vector<Encoding>& encodings, bool add_special_tokens) const override;

 private:
  std::int32_t id_;
};

}  // namespace verdict

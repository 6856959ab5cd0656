#pragma once

#include <string>
#include <utility>
#include <vector>

#include "verdict/tokenizers/decoders/decoder.h"

namespace verdict {

/// Joins the tokens of `SymbolBpe` to words (reference: CTRLTokenizer, PhobertTokenizer and
/// XLMTokenizer).
class SymbolBpeDecoder final : public Decoder {
 public:
  explicit SymbolBpeDecoder(std::string within) : within_(std::move(within)) {}
  void decode(std::vector<std::string>& tokens) const override;

 private:
  std::string within_;
};

}  // namespace verdict

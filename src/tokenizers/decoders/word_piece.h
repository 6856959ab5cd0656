#pragma once

#include <string>
#include <utility>
#include <vector>

#include "verdict/tokenizers/decoders/decoder.h"

namespace verdict {

/// Puts spaces between words (reference: WordPiece of tokenizers).
class WordPieceDecoder final : public Decoder {
 public:
  WordPieceDecoder(std::string prefix, bool cleanup)
      : prefix_(std::move(prefix)), cleanup_(cleanup) {}
  void decode(std::vector<std::string>& tokens) const override;

 private:
  std::string prefix_;
  bool cleanup_;
};

}  // namespace verdict

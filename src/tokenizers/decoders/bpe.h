#pragma once

#include <string>
#include <utility>
#include <vector>

#include "verdict/tokenizers/decoders/decoder.h"

namespace verdict {

/// The suffix of words becomes a space (reference: BPEDecoder of tokenizers).
class BpeDecoder final : public Decoder {
 public:
  explicit BpeDecoder(std::string suffix) : suffix_(std::move(suffix)) {}
  void decode(std::vector<std::string>& tokens) const override;

 private:
  std::string suffix_;
};

}  // namespace verdict

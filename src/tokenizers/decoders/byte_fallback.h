#pragma once

#include <string>
#include <vector>

#include "verdict/tokenizers/decoders/decoder.h"

namespace verdict {

/// Tokens such as <0x41> become their bytes (reference: ByteFallback of tokenizers).
class ByteFallbackDecoder final : public Decoder {
 public:
  void decode(std::vector<std::string>& tokens) const override;
};

}  // namespace verdict

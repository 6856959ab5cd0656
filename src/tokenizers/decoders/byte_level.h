#pragma once

#include <string>
#include <vector>

#include "verdict/tokenizers/decoders/decoder.h"

namespace verdict {

/// Byte-level characters become their bytes (reference: ByteLevel of tokenizers).
class ByteLevelDecoder final : public Decoder {
 public:
  void decode(std::vector<std::string>& tokens) const override;
};

}  // namespace verdict

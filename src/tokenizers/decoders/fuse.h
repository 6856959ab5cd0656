#pragma once

#include <string>
#include <vector>

#include "verdict/tokenizers/decoders/decoder.h"

namespace verdict {

/// Joins all tokens (reference: Fuse of tokenizers).
class FuseDecoder final : public Decoder {
 public:
  void decode(std::vector<std::string>& tokens) const override;
};

}  // namespace verdict

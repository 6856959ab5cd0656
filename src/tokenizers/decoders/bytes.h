#pragma once

#include <string>
#include <vector>

#include "verdict/tokenizers/decoders/decoder.h"

namespace verdict {

/// Tokens of one code point below U+0100 become that byte (reference: ByT5Tokenizer and
/// PerceiverTokenizer).
class BytesDecoder final : public Decoder {
 public:
  /// What is not UTF-8 becomes U+FFFD, or is left out when not `replaces_invalid`.
  explicit BytesDecoder(bool replaces_invalid) : replaces_invalid_(replaces_invalid) {}
  void decode(std::vector<std::string>& tokens) const override;

 private:
  bool replaces_invalid_;
};

}  // namespace verdict

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "verdict/tokenizers/decoders/decoder.h"

namespace verdict {

/// Visible spaces become spaces (reference: Metaspace of tokenizers).
class MetaspaceDecoder final : public Decoder {
 public:
  /// `drops_first`: the replacements of the first token were put there by the pre-tokenizer.
  MetaspaceDecoder(std::string replacement, bool drops_first)
      : replacement_(std::move(replacement)), drops_first_(drops_first) {}
  void decode(std::vector<std::string>& tokens) const override;

 private:
  std::string replacement_;
  bool drops_first_;
};

}  // namespace verdict

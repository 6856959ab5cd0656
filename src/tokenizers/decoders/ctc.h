#pragma once

#include <string>
#include <utility>
#include <vector>

#include "verdict/tokenizers/decoders/decoder.h"

namespace verdict {

/// Removes repetitions and padding (Graves et al. 2006; reference: CTC of tokenizers).
class CtcDecoder final : public Decoder {
 public:
  CtcDecoder(std::string pad_token, std::string word_delimiter_token, bool cleanup)
      : pad_token_(std::move(pad_token)),
        word_delimiter_token_(std::move(word_delimiter_token)),
        cleanup_(cleanup) {}
  void decode(std::vector<std::string>& tokens) const override;

 private:
  std::string pad_token_;
  std::string word_delimiter_token_;
  bool cleanup_;
};

}  // namespace verdict

#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "verdict/tokenizers/decoders/decoder.h"
#include "verdict/tokenizers/pattern.h"

namespace verdict {

/// Replaces the matches of a pattern in each token (reference: Replace of tokenizers).
class ReplaceDecoder final : public Decoder {
 public:
  ReplaceDecoder(std::unique_ptr<Pattern> pattern, std::string content)
      : pattern_(std::move(pattern)), content_(std::move(content)) {}
  void decode(std::vector<std::string>& tokens) const override;

 private:
  std::unique_ptr<Pattern> pattern_;
  std::string content_;
};

}  // namespace verdict

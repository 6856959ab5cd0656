#pragma once

#include <memory>
#include <string>

#include "verdict/tokenizers/normalizers/normalizer.h"
#include "verdict/tokenizers/pattern.h"

namespace verdict {

/// Puts a text in place of the matches of a pattern (reference: Replace of tokenizers).
class ReplaceNormalizer final : public Normalizer {
 public:
  ReplaceNormalizer(std::unique_ptr<Pattern> pattern, std::string content);
  void normalize(NormalizedText& text) const override;

 private:
  std::unique_ptr<Pattern> pattern_;
  std::string content_;
};

}  // namespace verdict

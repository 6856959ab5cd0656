#pragma once

#include <string>

#include "verdict/tokenizers/normalizers/normalizer.h"

namespace verdict {

/// Puts a text before one that is not empty (reference: Prepend of tokenizers).
class PrependNormalizer final : public Normalizer {
 public:
  explicit PrependNormalizer(std::string prepend);
  void normalize(NormalizedText& text) const override;

 private:
  std::string prepend_;
};

}  // namespace verdict

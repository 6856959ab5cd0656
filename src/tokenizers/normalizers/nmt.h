#pragma once

#include "verdict/tokenizers/normalizers/normalizer.h"

namespace verdict {

/// Removes control characters and makes other white space spaces (reference: Nmt of tokenizers).
class NmtNormalizer final : public Normalizer {
 public:
  void normalize(NormalizedText& text) const override;
};

}  // namespace verdict

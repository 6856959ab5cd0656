#pragma once

#include "verdict/tokenizers/normalizers/normalizer.h"

namespace verdict {

/// Removes white space at the ends (reference: Strip of tokenizers).
class StripNormalizer final : public Normalizer {
 public:
  StripNormalizer(bool left, bool right) : left_(left), right_(right) {}
  void normalize(NormalizedText& text) const override;

 private:
  bool left_;
  bool right_;
};

}  // namespace verdict

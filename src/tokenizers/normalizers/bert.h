#pragma once

#include <optional>

#include "verdict/tokenizers/normalizers/normalizer.h"

namespace verdict {

struct BertNormalizerOptions {
  bool clean_text = true;             ///< drop control characters, make all white space spaces
  bool handle_chinese_chars = true;   ///< put spaces around ideographs
  std::optional<bool> strip_accents;  ///< unset: as `lowercase`
  bool lowercase = true;
};

/// The normalization of BERT (Devlin et al. 2018; reference: BasicTokenizer, and BertNormalizer of
/// tokenizers).
class BertNormalizer final : public Normalizer {
 public:
  explicit BertNormalizer(const BertNormalizerOptions& options);
  void normalize(NormalizedText& text) const override;

 private:
  void rewrite(NormalizedText& text, bool strip_accents, bool lowercase) const;

  BertNormalizerOptions options_;
  bool strip_accents_;
  NormalizedText::AsciiMap ascii_{};
};

}  // namespace verdict

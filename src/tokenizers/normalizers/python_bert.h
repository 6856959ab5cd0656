#pragma once

#include "verdict/tokenizers/normalizers/normalizer.h"

namespace verdict {

/// What Python's BasicTokenizer does and BertNormalizer, which comes behind it, does not: it
/// removes unassigned code points, ends words in a final sigma and knows one more block of
/// ideographs (reference: BertTokenizerLegacy and ProphetNetTokenizer).
class PythonBertNormalizer final : public Normalizer {
 public:
  PythonBertNormalizer(bool lowercase, bool handle_chinese_chars)
      : lowercase_(lowercase), handle_chinese_chars_(handle_chinese_chars) {}
  void normalize(NormalizedText& text) const override;

 private:
  bool lowercase_;
  bool handle_chinese_chars_;
};

}  // namespace verdict

#pragma once

#include <cstddef>

#include "verdict/tokenizers/pre_tokenizers/pre_tokenizer.h"

namespace verdict {

/// Cuts pieces of so many characters (reference: FixedLength of tokenizers).
class FixedLengthPreTokenizer final : public PreTokenizer {
 public:
  /// `length` is at least 1.
  explicit FixedLengthPreTokenizer(std::size_t length) : length_(length) {}
  void split(PreTokenizedText& text) const override;

 private:
  std::size_t length_;
};

}  // namespace verdict

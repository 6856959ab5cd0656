#pragma once

#include <memory>
#include <string>

#include "verdict/tokenizers/models/tokenizer_model.h"

namespace verdict {

/// A token for each piece (reference: WordLevel of tokenizers).
class WordLevel final : public TokenizerModel {
 public:
  WordLevel(Vocabulary vocabulary, std::string unk_token);

  /// Throws `kInvalidArgument` for an unknown piece when the vocabulary lacks the unknown token.
  void tokenize(std::string_view piece, std::vector<ModelToken>& out) const override;
  const Vocabulary& vocabulary() const override { return vocabulary_; }

 private:
  Vocabulary vocabulary_;
  std::string unk_token_;
};

}  // namespace verdict

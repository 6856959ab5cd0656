#pragma once

#include <string>

#include "verdict/tokenizers/models/tokenizer_model.h"

namespace verdict {

struct WordPieceOptions {
  std::string unk_token = "[UNK]";
  std::string continuing_subword_prefix = "##";
  std::size_t max_input_chars_per_word = 100;
};

/// Greedy longest match from the left (Schuster and Nakajima 2012; reference: WordPiece of
/// tokenizers). A word with a part outside of the vocabulary becomes one unknown token.
class WordPiece final : public TokenizerModel {
 public:
  /// Throws `kCorruptFile` when the vocabulary lacks the unknown token.
  WordPiece(Vocabulary vocabulary, const WordPieceOptions& options);

  void tokenize(std::string_view piece, std::vector<ModelToken>& out) const override;
  const Vocabulary& vocabulary() const override { return vocabulary_; }

 private:
  Vocabulary vocabulary_;
  WordPieceOptions options_;
  std::int32_t unk_id_;
};

}  // namespace verdict

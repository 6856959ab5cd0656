#pragma once

#include <string>
#include <vector>

#include "verdict/tokenizers/models/bpe.h"

namespace verdict {

/// Byte-pair encoding of subword-nmt (Sennrich et al. 2016), which merges first and looks tokens up
/// afterwards, so that a merged symbol may be unknown (reference: the tokenizers of CTRL, PhoBERT
/// and XLM).
class SymbolBpe final : public TokenizerModel {
 public:
  /// `within` ends the token of a symbol that a word goes on behind ("@@"). When it is empty, a
  /// symbol is its own token, and the last one of a word ends in "</w>". Throws `kCorruptFile` when
  /// the vocabulary lacks the unknown token.
  SymbolBpe(Vocabulary vocabulary, std::string_view merges, const std::string& within,
            const std::string& unk_token);

  void tokenize(std::string_view piece, std::vector<ModelToken>& out) const override;
  const Vocabulary& vocabulary() const override { return vocabulary_; }

 private:
  Vocabulary vocabulary_;
  std::vector<std::int32_t> ids_;  // of the symbols
  Bpe symbols_;
};

/// The component that the readers of legacy vocabularies make.
std::unique_ptr<TokenizerModel> make_symbol_bpe(const ModelComponent& component);

}  // namespace verdict

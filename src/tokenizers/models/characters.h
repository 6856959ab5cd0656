#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "verdict/tokenizers/models/tokenizer_model.h"

namespace verdict {

/// Bytes as ids (Xue et al. 2021; reference: ByT5Tokenizer and PerceiverTokenizer): byte b is the
/// token U+0000 + b. The vocabulary's own tokens come before them.
class Bytes final : public TokenizerModel {
 public:
  /// Byte 0 has the id `first_byte`.
  Bytes(Vocabulary specials, std::int32_t first_byte);

  void tokenize(std::string_view piece, std::vector<ModelToken>& out) const override;
  const Vocabulary& vocabulary() const override { return vocabulary_; }

 private:
  Vocabulary vocabulary_;
  std::int32_t first_byte_;
};

/// Characters as their code points (Clark et al. 2021; reference: CanineTokenizer).
class CodePoints final : public TokenizerModel {
 public:
  void tokenize(std::string_view piece, std::vector<ModelToken>& out) const override;
  const Vocabulary& vocabulary() const override { return none_; }
  std::optional<std::int32_t> token_to_id(std::string_view token) const override;
  std::optional<std::string> id_to_token(std::int32_t id) const override;
  std::size_t vocab_size() const override { return 0x110000; }

 private:
  Vocabulary none_;
};

/// The component that the readers of legacy vocabularies make.
std::unique_ptr<TokenizerModel> make_bytes(const ModelComponent& component);

}  // namespace verdict

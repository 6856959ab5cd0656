#pragma once

#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "verdict/tokenizers/models/piece_trie.h"
#include "verdict/tokenizers/models/tokenizer_model.h"

namespace verdict {

/// The most probable pieces of a text (Kudo 2018; reference: Unigram of tokenizers). Characters
/// that no piece covers become one unknown token a run, or their bytes' tokens.
class Unigram final : public TokenizerModel {
 public:
  /// `scores` are log probabilities by id. Throws `kCorruptFile` for an `unk_id` that the
  /// vocabulary lacks and for a score that is not finite.
  Unigram(Vocabulary vocabulary, std::vector<double> scores, std::optional<std::int32_t> unk_id,
          bool byte_fallback);
  Unigram(const Unigram&) = delete;
  Unigram& operator=(const Unigram&) = delete;

  /// Throws `kInvalidArgument` for an unknown character when there is no unknown token.
  void tokenize(std::string_view piece, std::vector<ModelToken>& out) const override;
  const Vocabulary& vocabulary() const override { return vocabulary_; }
  std::size_t vocab_size() const override { return scores_.size(); }  // with repeated pieces

 private:
  void append_unknown(std::string_view piece, TextRange range, std::vector<ModelToken>& out) const;

  Vocabulary vocabulary_;
  std::vector<double> scores_;
  std::optional<std::int32_t> unk_id_;
  double unk_score_ = 0;
  std::optional<std::array<std::int32_t, 256>> byte_ids_;  // with byte fallback; -1: none
  PieceTrie trie_;
};

/// The component of a tokenizer.json.
std::unique_ptr<TokenizerModel> make_unigram(const ModelComponent& component);

}  // namespace verdict

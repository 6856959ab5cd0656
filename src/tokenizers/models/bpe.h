#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "verdict/tokenizers/models/merge_table.h"
#include "verdict/tokenizers/models/tokenizer_model.h"

namespace verdict {

struct BpeOptions {
  std::optional<std::string> unk_token;
  std::string continuing_subword_prefix;
  std::string end_of_word_suffix;
  bool fuse_unk = false;
  bool byte_fallback = false;
  bool ignore_merges = false;  ///< a piece that is a token stays one
};

/// Byte-pair encoding (Sennrich et al. 2016; reference: BPE of tokenizers).
class Bpe final : public TokenizerModel {
 public:
  /// `merges` is the JSON text of a list (see `for_each_merge`), in the order in which they are
  /// done. Throws `kCorruptFile` for a merge of tokens, or into a token, that the vocabulary lacks.
  Bpe(Vocabulary vocabulary, std::string_view merges, const BpeOptions& options);

  /// Throws `kInvalidArgument` for an unknown character when the vocabulary lacks the unknown
  /// token.
  void tokenize(std::string_view piece, std::vector<ModelToken>& out) const override;
  bool reads_bytes() const override { return reads_bytes_; }
  void tokenize_bytes(std::string_view piece, std::vector<ModelToken>& out) const override;
  const Vocabulary& vocabulary() const override { return vocabulary_; }

 private:
  /// A token with the bytes that it stands for; without bytes once it was merged into another.
  struct Symbol {
    std::int32_t id;
    std::uint32_t size;
  };

  template <typename Add>
  void characters(std::string_view piece, const Add& add) const;
  template <typename ReadSymbols>
  void merge(std::size_t most, const ReadSymbols& read, std::vector<ModelToken>& out) const;
  std::size_t merge_short(Symbol* symbols, std::size_t count) const;
  std::size_t merge_long(std::vector<Symbol>& symbols) const;
  std::int32_t unknown() const;

  Vocabulary vocabulary_;
  MergeTable merges_;
  BpeOptions options_;
  std::optional<std::int32_t> unk_id_;
  std::array<std::int32_t, 256> fallback_ids_{};    // of <0x00> …; -1: none
  std::array<std::int32_t, 256> byte_level_ids_{};  // of the byte-level characters; -1: none
  bool reads_bytes_;
};

/// The component of a tokenizer.json.
std::unique_ptr<TokenizerModel> make_bpe(const ModelComponent& component);

}  // namespace verdict

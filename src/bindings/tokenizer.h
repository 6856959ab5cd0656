#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "verdict/bindings/guarded.h"
#include "verdict/checkpoint/checkpoint_reader.h"
#include "verdict/tokenizers/auto_tokenizer.h"

namespace verdict::bindings {

/// Small files of a model by name.
class Files {
 public:
  void add(const std::string& name, const std::string& bytes) {
    const auto data = std::as_bytes(std::span(bytes));
    files_.emplace_back(name, std::vector(data.begin(), data.end()));
  }
  std::unique_ptr<FileSet> take(const std::string& name) {
    return memory_files(std::exchange(files_, {}), name);
  }

 private:
  std::vector<std::pair<std::string, std::vector<std::byte>>> files_;
};

/// A tokenizer; texts go in as UTF-8.
class Tokenizer {
 public:
  std::string load(Files& files, const std::string& name);

  /// Encodes texts that stand one after another; `options` has the `lengths` in UTF-16 units. With
  /// `pairs`, every second text is the pair of the one before. Gives the rows' numbers of tokens
  /// and the text of each row; `encoded` has the tokens.
  std::string encode(const std::string& texts, const std::string& options);

  /// The tokens of the last call of `encode`: input_ids of all rows, token_type_ids of all,
  /// attention_mask, special_tokens_mask, word_ids and, when asked for, pairs of offsets. A view
  /// that is valid until memory grows.
  val encoded() const;

  std::string decode(const std::string& ids, bool skip_special_tokens) const;
  std::string tokens(const std::string& ids) const;

  /// null for a token that is unknown where there is no `unk_token`.
  std::string ids(const std::string& tokens) const;

  const std::shared_ptr<const PretrainedTokenizer>& get() const { return tokenizer_; }

 private:
  /// The text of so many UTF-16 units that begins at byte `at`, which is moved behind it.
  static std::string take_text(const std::string& texts, std::size_t& at, std::size_t length);

  std::shared_ptr<const PretrainedTokenizer> tokenizer_;
  std::vector<std::int32_t> encoded_;
};

}  // namespace verdict::bindings

#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "verdict/tokenizers/pretrained_tokenizer.h"

namespace verdict {

/// A tokenizer.json as it stands (`Tokenizer` of the tokenizers library): its own sections
/// `truncation` and `padding` apply, which `PretrainedTokenizer` leaves to the caller.
class Tokenizer {
 public:
  explicit Tokenizer(std::unique_ptr<PretrainedTokenizer> tokenizer);

  /// Throws as `read_tokenizer_json`.
  static Tokenizer from_file(const std::string& path);

  /// `options.truncation` is replaced by the file's.
  Encoding encode(const TextInput& input, const EncodeOptions& options = {}) const;
  Encoding encode(const WordsInput& input, const EncodeOptions& options = {}) const;
  std::vector<Encoding> encode_batch(std::span<const TextInput> inputs,
                                     const EncodeOptions& options = {}) const;

  const PretrainedTokenizer& operator*() const { return *tokenizer_; }
  const PretrainedTokenizer* operator->() const { return tokenizer_.get(); }

 private:
  template <typename Input>
  Encoding encode_one(const Input& input, EncodeOptions options) const;
  void pad(std::span<Encoding> encodings) const;

  std::unique_ptr<PretrainedTokenizer> tokenizer_;
};

}  // namespace verdict

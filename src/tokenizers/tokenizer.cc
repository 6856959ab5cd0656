#include "verdict/tokenizers/tokenizer.h"

#include <utility>

#include "verdict/base/byte_source.h"
#include "verdict/tokenizers/tokenizer_json.h"

namespace verdict {

Tokenizer::Tokenizer(std::unique_ptr<PretrainedTokenizer> tokenizer)
    : tokenizer_(std::move(tokenizer)) {}

Tokenizer Tokenizer::from_file(const std::string& path) {
  return Tokenizer(std::make_unique<PretrainedTokenizer>(
      read_tokenizer_json(read_text(*open_file(path)), path, nlohmann::json::object())));
}

template <typename Input>
Encoding Tokenizer::encode_one(const Input& input, EncodeOptions options) const {
  options.truncation = tokenizer_->settings().truncation.value_or(Truncation{});
  return tokenizer_->encode(input, options);
}

void Tokenizer::pad(std::span<Encoding> encodings) const {
  if (const auto& padding = tokenizer_->settings().padding) tokenizer_->pad(encodings, *padding);
}

Encoding Tokenizer::encode(const TextInput& input, const EncodeOptions& options) const {
  Encoding encoding = encode_one(input, options);
  pad({&encoding, 1});
  return encoding;
}

Encoding Tokenizer::encode(const WordsInput& input, const EncodeOptions& options) const {
  Encoding encoding = encode_one(input, options);
  pad({&encoding, 1});
  return encoding;
}

std::vector<Encoding> Tokenizer::encode_batch(std::span<const TextInput> inputs,
                                              const EncodeOptions& options) const {
  std::vector<Encoding> encodings;
  for (const TextInput& input : inputs) encodings.push_back(encode_one(input, options));
  pad(encodings);
  return encodings;
}

}  // namespace verdict

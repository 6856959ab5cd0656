#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace verdict {

/// Turns tokens back into text.
class Decoder {
 public:
  virtual ~Decoder() = default;

  /// Puts texts in place of the tokens; joined, they are the text.
  virtual void decode(std::vector<std::string>& tokens) const = 0;
};

/// The component `decoder` of a tokenizer.json; for null, one that puts spaces between tokens.
/// Throws `kUnsupported` for an unknown type.
std::unique_ptr<Decoder> make_decoder(const nlohmann::json& component);

/// Removes the spaces before punctuation and contractions that a decoder leaves (reference:
/// clean_up_tokenization).
std::string clean_up_tokenization(std::string text);

}  // namespace verdict

#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>

namespace verdict {

/// Puts tokens together to a text.
class Decoder {
 public:
  virtual ~Decoder() = default;
  virtual std::string decode(std::span<const std::string_view> tokens) const = 0;
};

/// The component `decoder` of a tokenizer.json; for null, one that joins tokens by spaces. Throws
/// `kUnsupported` for an unknown type.
std::unique_ptr<Decoder> make_decoder(const nlohmann::json& component);

/// Removes the spaces before punctuation and contractions that a decoder leaves (reference:
/// clean_up_tokenization).
std::string clean_up_tokenization(std::string text);

}  // namespace verdict

#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "verdict/tokenizers/normalized_text.h"
#include "verdict/tokenizers/vocabulary.h"

namespace verdict {

/// A token and its bytes in the piece that the model got.
struct ModelToken {
  std::int32_t id;
  TextRange range;
};

/// Turns one piece of text into tokens.
class TokenizerModel {
 public:
  virtual ~TokenizerModel() = default;

  /// Appends the tokens of a piece that is not empty.
  virtual void tokenize(std::string_view piece, std::vector<ModelToken>& out) const = 0;

  virtual const Vocabulary& vocabulary() const = 0;
};

/// The component `model` of a tokenizer.json, also of old files that do not name its type. Throws
/// `kUnsupported` for an unknown type, `kCorruptFile` for one that contradicts itself.
std::unique_ptr<TokenizerModel> make_tokenizer_model(const nlohmann::json& component);

}  // namespace verdict

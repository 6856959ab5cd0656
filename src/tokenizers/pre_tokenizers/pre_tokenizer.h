#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "verdict/tokenizers/normalized_text.h"

namespace verdict {

/// A normalized text and the pieces that the model will see one by one.
struct PreTokenizedText {
  NormalizedText text;
  std::vector<TextRange> pieces;
};

/// Divides pieces further.
class PreTokenizer {
 public:
  virtual ~PreTokenizer() = default;
  virtual void split(PreTokenizedText& text) const = 0;
};

/// The component `pre_tokenizer` of a tokenizer.json; null for null. Throws `kUnsupported` for an
/// unknown type.
std::unique_ptr<PreTokenizer> make_pre_tokenizer(const nlohmann::json& component);

}  // namespace verdict

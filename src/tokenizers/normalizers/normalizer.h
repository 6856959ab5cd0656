#pragma once

#include <memory>
#include <nlohmann/json.hpp>

#include "verdict/tokenizers/normalized_text.h"

namespace verdict {

/// Rewrites a text before it is split, for example to lower case.
class Normalizer {
 public:
  virtual ~Normalizer() = default;
  virtual void normalize(NormalizedText& text) const = 0;
};

/// The component `normalizer` of a tokenizer.json; null for null. Throws `kUnsupported` for an
/// unknown type.
std::unique_ptr<Normalizer> make_normalizer(const nlohmann::json& component);

}  // namespace verdict

#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "verdict/tokenizers/encoding.h"

namespace verdict {

/// Puts special tokens around a text or a pair.
class PostProcessor {
 public:
  virtual ~PostProcessor() = default;

  /// How many tokens `process` adds.
  virtual std::int64_t added_tokens(bool is_pair) const = 0;

  /// `encodings` are the text and, for a pair, the second text.
  virtual Encoding process(std::vector<Encoding> encodings, bool add_special_tokens) const = 0;
};

/// The component `post_processor` of a tokenizer.json; for null, one that adds nothing. Throws
/// `kUnsupported` for an unknown type.
std::unique_ptr<PostProcessor> make_post_processor(const nlohmann::json& component);

}  // namespace verdict

#pragma once

#include <cstdint>
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

  /// `encodings` are the text and, for a pair, the second text, with type ids 0 and 1. What becomes
  /// of them, one after another, is the result.
  virtual void process(std::vector<Encoding>& encodings, bool add_special_tokens) const = 0;

  /// Whether it needs `Encoding::spaces`.
  virtual bool trims_offsets() const { return false; }
};

/// The component `post_processor` of a tokenizer.json; for null, one that adds nothing. Throws
/// `kUnsupported` for an unknown type.
std::unique_ptr<PostProcessor> make_post_processor(const nlohmann::json& component);

}  // namespace verdict

#pragma once

#include "verdict/tokenizers/post_processors/post_processor.h"

namespace verdict {

/// Takes the spaces at both ends of byte-level tokens out of their offsets (reference: ByteLevel of
/// tokenizers as a post-processor).
class TrimOffsets final : public PostProcessor {
 public:
  /// With `add_prefix_space` the space before the first token is not of the text.
  explicit TrimOffsets(bool add_prefix_space) : add_prefix_space_(add_prefix_space) {}

  std::int64_t added_tokens(bool) const override { return 0; }
  void process(std::vector<Encoding>& encodings, bool add_special_tokens) const override;
  bool trims_offsets() const override { return true; }

 private:
  void trim(Encoding& encoding) const;

  bool add_prefix_space_;
};

}  // namespace verdict

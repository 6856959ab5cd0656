#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "verdict/tokenizers/decoders/decoder.h"

namespace verdict {

/// Removes a character at the ends of each token (reference: Strip of tokenizers).
class StripDecoder final : public Decoder {
 public:
  /// At most `start` times at the begin and `stop` times at the end.
  StripDecoder(std::string content, std::size_t start, std::size_t stop)
      : content_(std::move(content)), start_(start), stop_(stop) {}
  void decode(std::vector<std::string>& tokens) const override;

 private:
  std::string content_;
  std::size_t start_;
  std::size_t stop_;
};

}  // namespace verdict

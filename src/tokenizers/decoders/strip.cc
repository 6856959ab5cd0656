#include "verdict/tokenizers/decoders/strip.h"

#include <string_view>

#include "verdict/base/strings.h"

namespace verdict {

void StripDecoder::decode(std::vector<std::string>& tokens) const {
  for (std::string& token : tokens) {
    std::string_view text = token;
    for (std::size_t i = 0; i < start_ && starts_with(text, content_); ++i) {
      text.remove_prefix(content_.size());
    }
    for (std::size_t i = 0; i < stop_ && ends_with(text, content_); ++i) {
      text.remove_suffix(content_.size());
    }
    token = std::string(text);
  }
}

}  // namespace verdict

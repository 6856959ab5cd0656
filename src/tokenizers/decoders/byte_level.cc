#include "verdict/tokenizers/decoders/byte_level.h"

#include "verdict/base/utf8.h"
#include "verdict/tokenizers/byte_level.h"

namespace verdict {

void ByteLevelDecoder::decode(std::vector<std::string>& tokens) const {
  std::string bytes;
  for (const std::string& token : tokens) {
    // A token with another character is text as it stands.
    const std::size_t first = bytes.size();
    std::size_t at = 0;
    while (at < token.size()) {
      const auto byte = byte_level::byte_of(next_code_point(token, at));
      if (!byte) {
        bytes.replace(first, std::string::npos, token);
        break;
      }
      bytes += *byte;
    }
  }
  tokens.assign(1, replace_invalid_utf8(bytes));
}

}  // namespace verdict

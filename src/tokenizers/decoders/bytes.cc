#include "verdict/tokenizers/decoders/bytes.h"

#include <utility>

#include "verdict/base/utf8.h"

namespace verdict {

void BytesDecoder::decode(std::vector<std::string>& tokens) const {
  std::string bytes;
  for (const std::string& token : tokens) {
    std::size_t at = 0;
    const char32_t c = token.empty() ? 0x100 : next_code_point(token, at);
    if (c < 0x100 && at == token.size()) {
      bytes += static_cast<char>(c);
    } else {
      bytes += token;
    }
  }
  std::string text = replace_invalid_utf8(bytes);
  if (!replaces_invalid_) {
    // Marks in the bytes themselves stay.
    std::string kept;
    std::string_view rest = bytes;
    while (const auto invalid = find_invalid_utf8(rest)) {
      kept += rest.substr(0, *invalid);
      rest.remove_prefix(*invalid + 1);
      while (!rest.empty() && !is_code_point_start(rest.front())) rest.remove_prefix(1);
    }
    text = kept.append(rest);
  }
  tokens.assign(1, text);
}

}  // namespace verdict

#include "verdict/tokenizers/decoders/symbol_bpe.h"

#include "verdict/base/strings.h"

namespace verdict {

void SymbolBpeDecoder::decode(std::vector<std::string>& tokens) const {
  std::string text;
  for (const std::string& token : tokens) {
    if (!within_.empty() && !text.empty()) text += ' ';
    text += token;
  }
  if (within_.empty()) {
    replace_all(text, "</w>", " ");
  } else {
    replace_all(text, within_ + " ", "");
  }
  const std::size_t last = text.find_last_not_of(" \t\r\n");
  text.erase(last == std::string::npos ? 0 : last + 1);
  text.erase(0, text.find_first_not_of(" \t\r\n"));
  tokens.assign(1, text);
}

}  // namespace verdict

#include "verdict/tokenizers/decoders/symbol_bpe.h"

#include <string_view>

namespace verdict {

namespace {

/// The text with `to` in place of every `from`, which is not empty.
std::string replace_all(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  while (true) {
    const std::size_t at = text.find(from);
    out += text.substr(0, at);
    if (at == std::string_view::npos) return out;
    out += to;
    text.remove_prefix(at + from.size());
  }
}

}  // namespace

void SymbolBpeDecoder::decode(std::vector<std::string>& tokens) const {
  std::string text;
  for (const std::string& token : tokens) {
    if (!within_.empty() && !text.empty()) text += ' ';
    text += token;
  }
  text = within_.empty() ? replace_all(text, "</w>", " ") : replace_all(text, within_ + " ", "");
  const std::size_t last = text.find_last_not_of(" \t\r\n");
  text.erase(last == std::string::npos ? 0 : last + 1);
  text.erase(0, text.find_first_not_of(" \t\r\n"));
  tokens.assign(1, text);
}

}  // namespace verdict

#include "verdict/tokenizers/decoders/word_piece.h"

#include "verdict/base/strings.h"
#include "verdict/tokenizers/decoders/clean_up.h"

namespace verdict {

void WordPieceDecoder::decode(std::vector<std::string>& tokens) const {
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    std::string& token = tokens[i];
    if (i > 0) {
      const bool continues = starts_with(token, prefix_);
      token = continues ? token.substr(prefix_.size()) : concat(" ", token);
    }
    // By token, as the reference does: a pattern over two tokens is left.
    if (cleanup_) clean_up_token(token);
  }
}

}  // namespace verdict

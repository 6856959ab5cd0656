#include "verdict/tokenizers/decoders/ctc.h"

#include <algorithm>

#include "verdict/base/strings.h"
#include "verdict/tokenizers/decoders/clean_up.h"

namespace verdict {

void CtcDecoder::decode(std::vector<std::string>& tokens) const {
  tokens.erase(std::unique(tokens.begin(), tokens.end()), tokens.end());
  for (std::string& token : tokens) {
    replace_all(token, pad_token_, "");
    if (!cleanup_) continue;
    clean_up_token(token);
    replace_all(token, word_delimiter_token_, " ");
  }
  std::erase(tokens, "");
}

}  // namespace verdict

#include "verdict/tokenizers/decoders/bpe.h"

#include "verdict/base/strings.h"

namespace verdict {

void BpeDecoder::decode(std::vector<std::string>& tokens) const {
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    replace_all(tokens[i], suffix_, i + 1 == tokens.size() ? "" : " ");
  }
}

}  // namespace verdict

#include "verdict/tokenizers/decoders/fuse.h"

#include <utility>

namespace verdict {

void FuseDecoder::decode(std::vector<std::string>& tokens) const {
  std::string text;
  for (const std::string& token : tokens) text += token;
  tokens.assign(1, text);
}

}  // namespace verdict

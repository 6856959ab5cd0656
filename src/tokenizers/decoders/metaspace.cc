#include "verdict/tokenizers/decoders/metaspace.h"

#include "verdict/base/strings.h"

namespace verdict {

void MetaspaceDecoder::decode(std::vector<std::string>& tokens) const {
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    replace_all(tokens[i], replacement_, i == 0 && drops_first_ ? "" : " ");
  }
}

}  // namespace verdict

#include "verdict/tokenizers/models/word_level.h"

#include <utility>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"
#include "verdict/tokenizers/operations.h"

namespace verdict {

WordLevel::WordLevel(Vocabulary vocabulary, std::string unk_token)
    : vocabulary_(std::move(vocabulary)), unk_token_(std::move(unk_token)) {}

void WordLevel::tokenize(std::string_view piece, std::vector<ModelToken>& out) const {
  operations += piece.size();
  auto id = vocabulary_.find(piece);
  if (!id) id = vocabulary_.find(unk_token_);
  if (!id) {
    throw Error(ErrorCode::kInvalidArgument,
                concat("The tokenizer does not know \"", piece.substr(0, 100),
                       "\", and its vocabulary lacks the unk_token \"", unk_token_, "\"."));
  }
  out.push_back({*id, {0, static_cast<std::uint32_t>(piece.size())}});
}

}  // namespace verdict

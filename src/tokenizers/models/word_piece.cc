#include "verdict/tokenizers/models/word_piece.h"

#include <algorithm>
#include <utility>

#include "verdict/base/utf8.h"
#include "verdict/tokenizers/component.h"
#include "verdict/tokenizers/operations.h"

namespace verdict {

WordPiece::WordPiece(Vocabulary vocabulary, const WordPieceOptions& options)
    : vocabulary_(std::move(vocabulary)), options_(options) {
  const auto unk = vocabulary_.find(options_.unk_token);
  if (!unk) {
    tokenizer_json::corrupt("model",
                            "its vocabulary lacks the unk_token \"" + options_.unk_token + "\"");
  }
  unk_id_ = *unk;
}

void WordPiece::tokenize(std::string_view piece, std::vector<ModelToken>& out) const {
  const auto whole = static_cast<std::uint32_t>(piece.size());
  operations += whole;
  const auto characters =
      static_cast<std::size_t>(std::ranges::count_if(piece, is_code_point_start));
  if (characters > options_.max_input_chars_per_word) {
    out.push_back({unk_id_, {0, whole}});
    return;
  }
  const std::size_t first_token = out.size();
  std::string_view prefix;
  std::uint32_t start = 0;
  while (start < whole) {
    const std::string_view rest = piece.substr(start, vocabulary_.longest());
    Vocabulary::Hash hash;
    hash.add(prefix);
    std::int32_t id = -1;
    std::uint32_t end = start;
    operations += rest.size();
    for (std::uint32_t size = 1; size <= rest.size(); ++size) {
      hash.add(rest[size - 1]);
      if (size < rest.size() && !is_code_point_start(rest[size])) continue;
      const std::int32_t found = vocabulary_.find(hash.value(), prefix, rest.substr(0, size));
      if (found >= 0) {
        id = found;
        end = start + size;
      }
    }
    if (id < 0) {
      out.resize(first_token);
      out.push_back({unk_id_, {0, whole}});
      return;
    }
    out.push_back({id, {start, end}});
    start = end;
    prefix = options_.continuing_subword_prefix;
  }
}

}  // namespace verdict

#include "verdict/tokenizers/models/characters.h"

#include <utility>

#include "verdict/base/utf8.h"
#include "verdict/tokenizers/component.h"

namespace verdict {

Bytes::Bytes(Vocabulary specials, std::int32_t first_byte)
    : vocabulary_(std::move(specials)), first_byte_(first_byte) {
  for (std::int32_t byte = 0; byte < 256; ++byte) {
    std::string token;
    append_code_point(token, static_cast<char32_t>(byte));
    vocabulary_.add(token, std::int64_t{first_byte} + byte);
  }
}

void Bytes::tokenize(std::string_view piece, std::vector<ModelToken>& out) const {
  for (std::uint32_t i = 0; i < piece.size(); ++i) {
    out.push_back({first_byte_ + static_cast<unsigned char>(piece[i]), {i, i + 1}});
  }
}

void CodePoints::tokenize(std::string_view piece, std::vector<ModelToken>& out) const {
  for (std::size_t at = 0; at < piece.size();) {
    const auto first = static_cast<std::uint32_t>(at);
    const char32_t c = next_code_point(piece, at);
    out.push_back({static_cast<std::int32_t>(c), {first, static_cast<std::uint32_t>(at)}});
  }
}

std::optional<std::int32_t> CodePoints::token_to_id(std::string_view token) const {
  std::size_t at = 0;
  if (token.empty()) return std::nullopt;
  const char32_t c = next_code_point(token, at);
  return at == token.size() ? std::optional(static_cast<std::int32_t>(c)) : std::nullopt;
}

std::optional<std::string> CodePoints::id_to_token(std::int32_t id) const {
  // Code points that the reference names but makes no special tokens.
  if (id == 0xe002) return "[BOS]";
  if (id == 0xe004) return "[RESERVED]";
  if (id < 0 || id > 0x10ffff || (id >= 0xd800 && id <= 0xdfff)) return std::nullopt;
  std::string text;
  append_code_point(text, static_cast<char32_t>(id));
  return text;
}

std::unique_ptr<TokenizerModel> make_bytes(const ModelComponent& component) {
  const std::int64_t first = tokenizer_json::get_integer(component.fields(), "first_byte", 0);
  if (first < 0 || first > Vocabulary::kMostId - 255) {
    tokenizer_json::corrupt("model", "its \"first_byte\" is no id");
  }
  return std::make_unique<Bytes>(tokenizer_json::read_vocabulary(component.vocab()),
                                 static_cast<std::int32_t>(first));
}

}  // namespace verdict

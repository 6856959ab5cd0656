#include "verdict/tokenizers/models/tokenizer_model.h"

#include <utility>

#include "verdict/base/json.h"
#include "verdict/tokenizers/component.h"
#include "verdict/tokenizers/models/bpe.h"
#include "verdict/tokenizers/models/characters.h"
#include "verdict/tokenizers/models/symbol_bpe.h"
#include "verdict/tokenizers/models/unigram.h"
#include "verdict/tokenizers/models/word_level.h"
#include "verdict/tokenizers/models/word_piece.h"

namespace verdict {

namespace {

using nlohmann::json;
using namespace tokenizer_json;

std::unique_ptr<TokenizerModel> make_word_piece(const ModelComponent& model) {
  const json& component = model.fields();
  WordPieceOptions options;
  options.unk_token = get_string(component, "unk_token", options.unk_token);
  options.continuing_subword_prefix =
      get_string(component, "continuing_subword_prefix", options.continuing_subword_prefix);
  const std::int64_t most = get_integer(component, "max_input_chars_per_word", 100);
  if (most < 0) corrupt("model", "its \"max_input_chars_per_word\" is negative");
  options.max_input_chars_per_word = static_cast<std::size_t>(most);
  return std::make_unique<WordPiece>(read_vocabulary(model.vocab()), options);
}

/// Old files do not name the type; it follows from the fields.
std::string model_type(const ModelComponent& model) {
  const json& component = model.fields();
  if (component.is_object() && !component.contains("type")) {
    if (!model.merges().empty()) return "BPE";
    if (component.contains("max_input_chars_per_word")) return "WordPiece";
    if (component.contains("unk_id")) return "Unigram";
    if (!model.vocab().empty() && component.contains("unk_token")) return "WordLevel";
  }
  return type_of(component, "model");
}

/// A member as text; empty where it is missing.
std::string text_of(const json& component, const char* member) {
  const bool has = component.is_object() && component.contains(member);
  return has ? to_text(component[member]) : std::string();
}

}  // namespace

ModelComponent::ModelComponent(const json& fields)
    : fields_(fields),
      vocab_text_(text_of(fields, "vocab")),
      merges_text_(text_of(fields, "merges")),
      vocab_(vocab_text_),
      merges_(merges_text_) {}

std::unique_ptr<TokenizerModel> make_tokenizer_model(const ModelComponent& component) {
  const std::string type = model_type(component);
  if (type == "WordPiece") return make_word_piece(component);
  if (type == "Unigram") return make_unigram(component);
  if (type == "BPE") return make_bpe(component);
  if (type == "WordLevel") {
    return std::make_unique<WordLevel>(read_vocabulary(component.vocab()),
                                       get_string(component.fields(), "unk_token", "<unk>"));
  }
  // Of classes that have no tokenizer.json.
  if (type == "Bytes") return make_bytes(component);
  if (type == "CodePoints") return std::make_unique<CodePoints>();
  if (type == "SymbolBpe") return make_symbol_bpe(component);
  unsupported("model", type);
}

}  // namespace verdict

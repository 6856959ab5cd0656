#include "verdict/tokenizers/models/symbol_bpe.h"

#include <utility>

#include "verdict/base/strings.h"
#include "verdict/tokenizers/component.h"

namespace verdict {

namespace {

using namespace tokenizer_json;

constexpr std::string_view kWordEnd = "</w>";

/// Takes the place of characters that are no symbols.
constexpr const char* kUnknownSymbol = "";

/// The symbol that a token stands for.
std::string symbol_of(std::string_view token, std::string_view within) {
  if (within.empty()) return std::string(token);
  if (!ends_with(token, within)) return concat(token, kWordEnd);
  return std::string(token.substr(0, token.size() - within.size()));
}

/// All symbols of the merges and the vocabulary, numbered from 0, which is the unknown one.
Vocabulary symbols_of(const Vocabulary& vocabulary, std::string_view merges,
                      std::string_view within) {
  Vocabulary symbols;
  const auto add = [&](const std::string& symbol) {
    if (!symbols.find(symbol)) symbols.add(symbol, static_cast<std::int64_t>(symbols.size()));
  };
  add(kUnknownSymbol);
  for (std::size_t id = 0; id < vocabulary.id_limit(); ++id) {
    const auto token = vocabulary.token(static_cast<std::int64_t>(id));
    if (token) add(symbol_of(*token, within));
  }
  for_each_merge(merges, [&](std::string_view left, std::string_view right) {
    for (const std::string& symbol : {std::string(left), std::string(right), concat(left, right)}) {
      add(symbol);
    }
  });
  return symbols;
}

std::vector<std::int32_t> ids_of(const Vocabulary& symbols, const Vocabulary& vocabulary,
                                 std::string_view within, std::int32_t unk_id) {
  std::vector<std::int32_t> ids(symbols.id_limit(), unk_id);
  for (std::size_t id = 0; id < vocabulary.id_limit(); ++id) {
    const auto token = vocabulary.token(static_cast<std::int64_t>(id));
    if (!token) continue;
    const auto symbol = symbols.find(symbol_of(*token, within));
    ids[static_cast<std::size_t>(*symbol)] = static_cast<std::int32_t>(id);
  }
  return ids;
}

BpeOptions symbol_options() {
  BpeOptions options;
  options.unk_token = kUnknownSymbol;
  options.end_of_word_suffix = kWordEnd;
  return options;
}

std::int32_t require(const Vocabulary& vocabulary, const std::string& token) {
  const auto id = vocabulary.find(token);
  if (!id) {
    corrupt("model", concat("its vocabulary lacks the unk_token \"", token, "\""));
  }
  return *id;
}

}  // namespace

SymbolBpe::SymbolBpe(Vocabulary vocabulary, std::string_view merges, const std::string& within,
                     const std::string& unk_token)
    : vocabulary_(std::move(vocabulary)),
      ids_(ids_of(symbols_of(vocabulary_, merges, within), vocabulary_, within,
                  require(vocabulary_, unk_token))),
      symbols_(symbols_of(vocabulary_, merges, within), merges, symbol_options()) {}

void SymbolBpe::tokenize(std::string_view piece, std::vector<ModelToken>& out) const {
  const std::size_t first = out.size();
  symbols_.tokenize(piece, out);
  for (std::size_t i = first; i < out.size(); ++i) {
    out[i].id = ids_[static_cast<std::size_t>(out[i].id)];
  }
}

std::unique_ptr<TokenizerModel> make_symbol_bpe(const ModelComponent& component) {
  const nlohmann::json& fields = component.fields();
  return std::make_unique<SymbolBpe>(read_vocabulary(component.vocab()), component.merges(),
                                     get_string(fields, "within", ""),
                                     get_string(fields, "unk_token", "<unk>"));
}

}  // namespace verdict

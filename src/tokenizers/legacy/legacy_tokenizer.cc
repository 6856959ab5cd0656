#include "verdict/tokenizers/legacy/legacy_tokenizer.h"

#include <utility>

#include "verdict/base/error.h"
#include "verdict/base/json.h"
#include "verdict/base/strings.h"
#include "verdict/tokenizers/component.h"
#include "verdict/tokenizers/legacy/class_readers.h"
#include "verdict/tokenizers/special_tokens.h"

namespace verdict {

namespace {

using nlohmann::json;

/// Folders older than `added_tokens_decoder` have the ids of added tokens in a file of their own.
void read_added_tokens_file(const FileSet& files, json& config) {
  const auto file = files.open("added_tokens.json");
  if (!file || config.contains("added_tokens_decoder")) return;
  const json tokens = parse_json(read_text(*file), file->name());
  if (!tokens.is_object()) tokenizer_json::corrupt("added_tokens.json", "it is no object");
  json decoder = json::object();
  for (const auto& [content, id] : tokens.items()) {
    if (!id.is_number_integer() || id.get<std::int64_t>() < 0) {
      tokenizer_json::corrupt("added_tokens.json", concat("the id of \"", content, "\" is none"));
    }
    bool special = false;
    for (const auto& [name, value] : config.items()) {
      special = special || (ends_with(name, "_token") && !value.is_boolean() &&
                            special_token(config, name) == content);
    }
    decoder[std::to_string(id.get<std::int64_t>())] = {
        {"content", content}, {"normalized", !special}, {"special", special}};
  }
  config["added_tokens_decoder"] = std::move(decoder);
}

struct Reader {
  bool (*reads)(std::string_view tokenizer_class);
  json (*read)(const FileSet& files, const json& config, std::string_view tokenizer_class);
  std::string_view files;
};

constexpr Reader kReaders[] = {
    {legacy::reads_word_piece, legacy::read_word_piece, "vocab.txt"},
    {legacy::reads_byte_pairs, legacy::read_byte_pairs, "vocab.json and merges.txt"},
    {legacy::reads_sentence_piece, legacy::read_sentence_piece,
     "spiece.model, sentencepiece.bpe.model, sentencepiece.model, spm.model or tokenizer.model"},
    {legacy::reads_python_only, legacy::read_python_only, "the vocabulary files of its class"},
};

}  // namespace

json read_legacy_tokenizer(const FileSet& files, json config, std::string_view tokenizer_class) {
  if (tokenizer_class.empty()) {
    throw Error(ErrorCode::kNotFound,
                concat("\"", files.name(),
                       "\" has no tokenizer: expected tokenizer.json, or legacy files and a "
                       "tokenizer_config.json with their tokenizer_class."));
  }
  for (const Reader& reader : kReaders) {
    if (!reader.reads(tokenizer_class)) continue;
    read_added_tokens_file(files, config);
    json tokenizer = reader.read(files, config, tokenizer_class);
    if (!tokenizer.is_null()) return tokenizer;
    throw Error(ErrorCode::kNotFound,
                concat("\"", files.name(), "\" has no tokenizer: expected tokenizer.json or, for ",
                       tokenizer_class, ", ", reader.files, "."));
  }
  throw Error(
      ErrorCode::kUnsupported,
      concat("\"", files.name(),
             "\" has no tokenizer.json, and the legacy files of the tokenizer_class \"",
             tokenizer_class, "\" cannot be read. Save the tokenizer with tokenizer.json."));
}

}  // namespace verdict

#include <algorithm>
#include <array>
#include <utility>

#include "verdict/base/json.h"
#include "verdict/base/strings.h"
#include "verdict/base/utf8.h"
#include "verdict/tokenizers/component.h"
#include "verdict/tokenizers/legacy/assembly.h"
#include "verdict/tokenizers/legacy/class_readers.h"
#include "verdict/tokenizers/special_tokens.h"

namespace verdict::legacy {

namespace {

using nlohmann::json;
using namespace tokenizer_json;

/// Words between Python's white space, which has four control characters more than Unicode's.
constexpr const char* kPythonWords = R"([^\s\x1c-\x1f]+)";
constexpr const char* kPythonWordsAndLineEnd = R"([^\s\x1c-\x1f]+\n?)";
constexpr const char* kWordsAndLineEnd = R"(\S+\n?)";

json words(const char* pattern) {
  return {{"type", "Split"},
          {"pattern", {{"Regex", pattern}}},
          {"behavior", "Removed"},
          {"invert", true}};
}

std::string text_of(const FileSet& files, const char* name) {
  return read_text(*files.require(name));
}

/// Characters as their code points.
Assembly canine(const json& config) {
  Assembly assembly;
  json specials = json::object();
  for (const char* role :
       {"pad_token", "cls_token", "sep_token", "bos_token", "eos_token", "mask_token"}) {
    const auto token = special_token(config, role);
    std::size_t at = 0;
    if (token && !token->empty()) specials[*token] = std::uint32_t{next_code_point(*token, at)};
  }
  assembly.model = {{"type", "CodePoints"}, {"vocab", std::move(specials)}};
  assembly.decoder = {{"type", "Fuse"}};
  assembly.post_processor = template_post_processor(config, "cls $A sep", "cls $A sep $B sep");
  return assembly;
}

/// Bytes behind the special tokens.
Assembly bytes(const json& config, std::initializer_list<const char*> roles) {
  Assembly assembly;
  json specials = json::object();
  for (const char* role : roles) {
    const std::size_t id = specials.size();
    specials[require_role(config, role)] = id;
  }
  assembly.model = {{"type", "Bytes"}, {"first_byte", specials.size()}, {"vocab", specials}};
  assembly.decoder = {{"type", "Bytes"}, {"replaces_invalid", true}};
  return assembly;
}

Assembly byt5(const json& config) {
  Assembly assembly = bytes(config, {"pad_token", "eos_token", "unk_token"});
  assembly.decoder["replaces_invalid"] = false;
  const std::int64_t count = get_integer(config, "extra_ids", 125);
  if (count < 0 || count > 100000) corrupt("config", concat("its \"extra_ids\" is ", count));
  for (const char* role : {"pad_token", "eos_token", "unk_token"}) {
    assembly.own_tokens.push_back({require_role(config, role), true, true, true});
  }
  for (std::int64_t i = 0; i < count; ++i) {
    assembly.extra_tokens.push_back({concat("<extra_id_", i, ">")});
  }
  // A text that ends with the token keeps its own.
  assembly.post_processor = [&config](const TokenIds& ids) {
    const std::string eos = require_role(config, "eos_token");
    return json{{"type", "EndToken"}, {"token", eos}, {"id", ids.require(eos)}};
  };
  return assembly;
}

Assembly perceiver(const json& config) {
  Assembly assembly = bytes(
      config, {"pad_token", "bos_token", "eos_token", "mask_token", "cls_token", "sep_token"});
  assembly.post_processor = template_post_processor(config, "cls $A sep", "cls $A sep $B:1 sep:1");
  return assembly;
}

/// Residues: every token of the vocabulary is found wherever it stands.
Assembly esm(const FileSet& files, const json& config) {
  Assembly assembly;
  json vocabulary = json::object();
  std::int64_t id = 0;
  const std::string text = text_of(files, "vocab.txt");
  for (const std::string_view line : lines_of(text)) {
    std::string token(line);
    token.erase(0, token.find_first_not_of(" \t\r"));
    token.erase(token.find_last_not_of(" \t\r") + 1);
    vocabulary[token] = id++;
    assembly.extra_tokens.push_back({token, false});
  }
  for (const char* role : {"unk_token", "cls_token", "pad_token", "mask_token", "eos_token"}) {
    const auto token = special_token(config, role);
    for (ExtraToken& extra : assembly.extra_tokens) {
      if (token && extra.content == *token) extra.special = true;
    }
  }
  assembly.model = {{"type", "WordLevel"},
                    {"unk_token", require_role(config, "unk_token")},
                    {"vocab", std::move(vocabulary)}};
  assembly.pre_tokenizer = words(kPythonWords);
  assembly.post_processor = template_post_processor(config, "cls $A eos", "cls $A eos $B:1 eos:1");
  return assembly;
}

/// The first `words` words of every line that has as many.
json merges_of(std::string_view text, std::size_t first_line, std::size_t words) {
  json merges = json::array();
  const auto lines = lines_of(text);
  for (std::size_t i = first_line; i < lines.size(); ++i) {
    const auto parts = split_words(lines[i]);
    if (parts.size() == words) merges.push_back(json::array({parts[0], parts[1]}));
  }
  return merges;
}

/// Byte pairs of CTRL, PhoBERT and XLM; `within` marks a token that a word goes on behind, or is
/// empty when the last token of a word has the mark "</w>".
Assembly symbol_pairs(const json& config, json vocabulary, json merges, const char* pattern,
                      const char* within) {
  Assembly assembly;
  assembly.model = {{"type", "SymbolBpe"},
                    {"unk_token", require_role(config, "unk_token")},
                    {"within", within},
                    {"vocab", std::move(vocabulary)},
                    {"merges", std::move(merges)}};
  assembly.pre_tokenizer = words(pattern);
  assembly.decoder = {{"type", "SymbolBpe"}, {"within", within}};
  return assembly;
}

json vocabulary_of_json(const FileSet& files) {
  const auto file = files.require("vocab.json");
  json vocabulary = parse_json(read_text(*file), file->name());
  if (!vocabulary.is_object()) corrupt("vocabulary", "vocab.json is no object");
  return vocabulary;
}

Assembly ctrl(const FileSet& files, const json& config) {
  Assembly assembly =
      symbol_pairs(config, vocabulary_of_json(files), merges_of(text_of(files, "merges.txt"), 1, 2),
                   kWordsAndLineEnd, "@@");
  assembly.post_processor = template_post_processor(config, "$A", "$A $B");
  return assembly;
}

Assembly phobert(const FileSet& files, const json& config) {
  json vocabulary = json::object();
  for (const char* role : {"bos_token", "pad_token", "eos_token", "unk_token"}) {
    const std::string token = require_role(config, role);
    const std::size_t id = vocabulary.size();
    if (!vocabulary.contains(token)) vocabulary[token] = id;
  }
  const std::string text = text_of(files, "vocab.txt");
  for (const std::string_view line : lines_of(text)) {
    const std::size_t end = line.rfind(' ');
    if (end == std::string_view::npos) {
      corrupt("vocabulary", concat("the line \"", line, "\" of vocab.txt is no token and count"));
    }
    const std::string token(line.substr(0, end));
    const std::size_t id = vocabulary.size();
    vocabulary[token] = id;
  }
  Assembly assembly =
      symbol_pairs(config, std::move(vocabulary), merges_of(text_of(files, "bpe.codes"), 0, 3),
                   kPythonWordsAndLineEnd, "@@");
  assembly.post_processor = template_post_processor(config, "cls $A sep", "cls $A sep sep $B sep");
  return assembly;
}

/// XLM and FlauBERT take text whose words are already separated by white space, as the reference
/// does with `bypass_tokenizer`; Moses' rules are not part of this.
Assembly xlm(const FileSet& files, const json& config) {
  Assembly assembly = symbol_pairs(config, vocabulary_of_json(files),
                                   merges_of(text_of(files, "merges.txt"), 0, 3), kPythonWords, "");
  assembly.post_processor = template_post_processor(config, "bos $A sep", "bos $A sep $B sep");
  return assembly;
}

Assembly python_bert(const FileSet& files, const json& config, const char* vocabulary,
                     const char* single, const char* pair) {
  Assembly assembly;
  assembly.model = {{"type", "WordPiece"},
                    {"unk_token", require_role(config, "unk_token")},
                    {"continuing_subword_prefix", "##"},
                    {"max_input_chars_per_word", 100},
                    {"vocab", vocabulary_of_lines(text_of(files, vocabulary))}};
  const bool lowercase = get_bool(config, "do_lower_case", true);
  const bool chinese = get_bool(config, "tokenize_chinese_chars", true);
  assembly.normalizer = sequence(
      "normalizers",
      {{{"type", "PythonBert"}, {"lowercase", lowercase}, {"handle_chinese_chars", chinese}},
       {{"type", "BertNormalizer"},
        {"clean_text", true},
        {"handle_chinese_chars", chinese},
        {"strip_accents", config.value("strip_accents", json())},
        {"lowercase", lowercase}}});
  assembly.pre_tokenizer = {{"type", "PythonBert"}};
  assembly.decoder = {{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", false}};
  assembly.post_processor = template_post_processor(config, single, pair);
  return assembly;
}

constexpr std::array<std::string_view, 10> kClasses{
    "BertTokenizerLegacy", "ByT5Tokenizer",     "CTRLTokenizer",      "CanineTokenizer",
    "EsmTokenizer",        "FlaubertTokenizer", "PerceiverTokenizer", "PhobertTokenizer",
    "ProphetNetTokenizer", "XLMTokenizer"};

Assembly read(const FileSet& files, const json& config, std::string_view name) {
  if (name == "ByT5Tokenizer") return byt5(config);
  if (name == "CTRLTokenizer") return ctrl(files, config);
  if (name == "CanineTokenizer") return canine(config);
  if (name == "EsmTokenizer") return esm(files, config);
  if (name == "PerceiverTokenizer") return perceiver(config);
  if (name == "PhobertTokenizer") return phobert(files, config);
  if (name == "ProphetNetTokenizer") {
    return python_bert(files, config, "prophetnet.tokenizer", "$A sep", "$A sep $B:1 sep:1");
  }
  if (name == "BertTokenizerLegacy") {
    return python_bert(files, config, "vocab.txt", "cls $A sep", "cls $A sep $B:1 sep:1");
  }
  return xlm(files, config);
}

}  // namespace

bool reads_python_only(std::string_view tokenizer_class) {
  return std::ranges::find(kClasses, tokenizer_class) != kClasses.end();
}

json read_python_only(const FileSet& files, const json& config, std::string_view tokenizer_class) {
  return assemble(read(files, config, tokenizer_class), config, tokenizer_class);
}

}  // namespace verdict::legacy

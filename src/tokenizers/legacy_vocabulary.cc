#include "verdict/tokenizers/legacy_vocabulary.h"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <vector>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"
#include "verdict/tokenizers/component.h"
#include "verdict/tokenizers/special_tokens.h"

namespace verdict {

namespace {

using nlohmann::json;

/// How the tokenizer classes with a WordPiece vocab.txt differ.
struct Style {
  std::string_view tokenizer_class;
  std::string_view unk, sep, pad, cls, mask;
  std::int64_t cls_type_id;
  bool doubled_separator;
  bool mask_lstrip;
};

constexpr Style bert_style(std::string_view tokenizer_class) {
  return {tokenizer_class, "[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]", 0, false, false};
}

constexpr std::array<Style, 10> kStyles{{
    bert_style("BertTokenizer"),
    bert_style("ConvBertTokenizer"),
    bert_style("DistilBertTokenizer"),
    bert_style("ElectraTokenizer"),
    bert_style("LayoutLMTokenizer"),
    bert_style("LxmertTokenizer"),
    bert_style("MobileBertTokenizer"),
    bert_style("SqueezeBertTokenizer"),
    {"FunnelTokenizer", "<unk>", "<sep>", "<pad>", "<cls>", "<mask>", 2, false, false},
    {"MPNetTokenizer", "[UNK]", "</s>", "<pad>", "<s>", "<mask>", 0, true, true},
}};

const Style& find_style(std::string_view name) {
  if (ends_with(name, "Fast")) name.remove_suffix(4);
  if (name.empty()) name = "BertTokenizer";
  std::vector<std::string_view> known;
  for (const Style& style : kStyles) {
    if (style.tokenizer_class == name) return style;
    known.push_back(style.tokenizer_class);
  }
  throw Error(
      ErrorCode::kUnsupported,
      concat("There is no tokenizer.json, and the tokenizer_class \"", name,
             "\" is not one whose vocab.txt can be read: ", quoted_list(known, known.size()),
             ". Save the tokenizer with tokenizer.json."));
}

/// Token → line number. A last line without a token is none; lines may end in \r\n.
json read_lines(std::string_view text) {
  json vocabulary = json::object();
  std::int64_t id = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (ends_with(line, "\r")) line.remove_suffix(1);
    vocabulary[std::string(line)] = id++;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return vocabulary;
}

}  // namespace

json tokenizer_json_from_vocab_txt(std::string_view vocab_txt, const json& config) {
  const Style& style = find_style(tokenizer_json::get_string(config, "tokenizer_class", ""));
  const auto token = [&](const char* role, std::string_view fallback) {
    return special_token(config, role).value_or(std::string(fallback));
  };
  const std::string unk = token("unk_token", style.unk);
  const std::string sep = token("sep_token", style.sep);
  const std::string pad = token("pad_token", style.pad);
  const std::string cls = token("cls_token", style.cls);
  const std::string mask = token("mask_token", style.mask);

  json vocabulary = read_lines(vocab_txt);
  json added = json::array();
  for (const std::string& content : {pad, unk, cls, sep, mask}) {
    if (!vocabulary.contains(content)) {
      throw Error(ErrorCode::kCorruptFile,
                  concat("The vocabulary vocab.txt lacks the special token \"", content,
                         "\" of the tokenizer's config."));
    }
    added.push_back({{"id", vocabulary[content]},
                     {"content", content},
                     {"single_word", false},
                     {"lstrip", content == mask && style.mask_lstrip},
                     {"rstrip", false},
                     {"normalized", false},
                     {"special", true}});
  }

  const auto special = [](const std::string& id, std::int64_t type_id) {
    return json{{"SpecialToken", {{"id", id}, {"type_id", type_id}}}};
  };
  const auto text = [](const char* id, std::int64_t type_id) {
    return json{{"Sequence", {{"id", id}, {"type_id", type_id}}}};
  };
  json single{special(cls, style.cls_type_id), text("A", 0), special(sep, 0)};
  json pair = single;
  if (style.doubled_separator) pair.push_back(special(sep, 0));
  pair.push_back(text("B", 1));
  pair.push_back(special(sep, 1));
  json special_tokens;
  for (const std::string& content : {cls, sep}) {
    special_tokens[content] = {
        {"id", content}, {"ids", {vocabulary[content]}}, {"tokens", {content}}};
  }

  const auto flag = [&](const char* name, bool fallback) {
    return tokenizer_json::get_bool(config, name, fallback);
  };
  json normalizer{{"type", "BertNormalizer"},
                  {"clean_text", true},
                  {"handle_chinese_chars", flag("tokenize_chinese_chars", true)},
                  {"strip_accents", config.value("strip_accents", json())},
                  {"lowercase", flag("do_lower_case", true)}};
  return {{"added_tokens", std::move(added)},
          {"normalizer", std::move(normalizer)},
          {"pre_tokenizer", {{"type", "BertPreTokenizer"}}},
          {"post_processor",
           {{"type", "TemplateProcessing"},
            {"single", std::move(single)},
            {"pair", std::move(pair)},
            {"special_tokens", std::move(special_tokens)}}},
          {"decoder", {{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", true}}},
          {"model",
           {{"type", "WordPiece"},
            {"unk_token", unk},
            {"continuing_subword_prefix", "##"},
            {"max_input_chars_per_word", 100},
            {"vocab", std::move(vocabulary)}}}};
}

}  // namespace verdict

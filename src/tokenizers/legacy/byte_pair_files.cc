#include <algorithm>
#include <array>
#include <utility>

#include "verdict/base/json.h"
#include "verdict/base/strings.h"
#include "verdict/tokenizers/component.h"
#include "verdict/tokenizers/known_patterns.h"
#include "verdict/tokenizers/legacy/assembly.h"
#include "verdict/tokenizers/legacy/class_readers.h"
#include "verdict/tokenizers/special_tokens.h"

namespace verdict::legacy {

namespace {

using nlohmann::json;
using namespace tokenizer_json;

enum class Post { kByteLevel, kRoberta, kTemplate, kBert, kNone };

/// How the classes with vocab.json and merges.txt differ (reference: convert_slow_tokenizer.py).
struct Style {
  std::string_view tokenizer_class;
  Post post = Post::kByteLevel;
  std::string_view single{};  ///< templates
  std::string_view pair{};
  bool has_unk = false;            ///< the model has the unknown token
  bool adds_prefix_space = false;  ///< by default
};

constexpr std::string_view kWhisperPrefix = "<|startoftranscript|> <|notimestamps|>";

constexpr std::array kStyles = std::to_array<Style>({
    {"BartTokenizer", Post::kRoberta},
    {"BlenderbotTokenizer", Post::kTemplate, "$A eos", "$A $B:1", false, true},
    {"CLIPTokenizer", Post::kRoberta, {}, {}, true},
    {"CodeGenTokenizer"},
    {"DebertaTokenizer", Post::kTemplate, "cls $A sep", "cls $A sep $B:1 sep:1"},
    {"GPT2Tokenizer"},
    {"HerbertTokenizer", Post::kBert, {}, {}, true},
    {"LEDTokenizer", Post::kRoberta},
    {"LayoutLMv3Tokenizer", Post::kRoberta, {}, {}, false, true},
    {"LongformerTokenizer", Post::kRoberta},
    {"MarkupLMTokenizer", Post::kTemplate, "cls $A sep", "cls $A sep $B sep", true},
    {"MvpTokenizer", Post::kRoberta},
    {"OpenAIGPTTokenizer", Post::kNone, {}, {}, true},
    {"Qwen2Tokenizer"},
    {"RobertaTokenizer", Post::kRoberta},
    {"WhisperTokenizer", Post::kTemplate},
});

constexpr const char* kClipPattern = R"('s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+)";

const Style* find_style(std::string_view tokenizer_class) {
  const auto style = std::ranges::find(kStyles, tokenizer_class, &Style::tokenizer_class);
  return style == kStyles.end() ? nullptr : &*style;
}

json byte_level(bool add_prefix_space, bool trim_offsets, bool use_regex) {
  return {{"type", "ByteLevel"},
          {"add_prefix_space", add_prefix_space},
          {"trim_offsets", trim_offsets},
          {"use_regex", use_regex}};
}

json split(std::string_view pattern, const char* behavior, bool invert) {
  return {{"type", "Split"},
          {"pattern", {{"Regex", std::string(pattern)}}},
          {"behavior", behavior},
          {"invert", invert}};
}

json merges_of(std::string_view text) {
  json merges = json::array();
  for (const std::string_view line : lines_of(text)) {
    if (!line.empty() && !starts_with(line, "#version")) merges.push_back(std::string(line));
  }
  return merges;
}

/// Words of BERT's splitting, whose last characters are marked (GPT and HerBERT).
void set_word_suffix(Assembly& assembly, bool lowercase) {
  assembly.model["end_of_word_suffix"] = "</w>";
  assembly.normalizer = {{"type", "BertNormalizer"},
                         {"clean_text", true},
                         {"handle_chinese_chars", true},
                         {"strip_accents", lowercase ? json() : json(false)},
                         {"lowercase", lowercase}};
  assembly.pre_tokenizer = {{"type", "BertPreTokenizer"}};
  assembly.decoder = {{"type", "BPEDecoder"}, {"suffix", "</w>"}};
}

}  // namespace

bool reads_byte_pairs(std::string_view tokenizer_class) {
  return find_style(tokenizer_class) != nullptr;
}

json read_byte_pairs(const FileSet& files, const json& config, std::string_view tokenizer_class) {
  const auto vocabulary = files.open("vocab.json");
  if (!vocabulary) return nullptr;
  const auto merges = files.require("merges.txt");
  const Style& style = *find_style(tokenizer_class);
  const auto is = [&](std::string_view name) { return tokenizer_class == name; };
  const bool prefix_space = get_bool(config, "add_prefix_space", style.adds_prefix_space);

  Assembly assembly;
  json vocab = parse_json(read_text(*vocabulary), vocabulary->name());
  if (!vocab.is_object()) corrupt("vocabulary", "vocab.json is no object");
  assembly.model = {{"type", "BPE"},
                    {"unk_token", style.has_unk ? json(require_role(config, "unk_token")) : json()},
                    {"vocab", std::move(vocab)},
                    {"merges", merges_of(read_text(*merges))}};
  assembly.pre_tokenizer = byte_level(prefix_space, true, true);
  assembly.decoder = byte_level(true, true, true);
  if (is("OpenAIGPTTokenizer") || is("HerbertTokenizer")) {
    set_word_suffix(assembly, is("OpenAIGPTTokenizer"));
  } else if (is("CLIPTokenizer")) {
    assembly.model["end_of_word_suffix"] = "</w>";
    assembly.normalizer = sequence(
        "normalizers", {{{"type", "NFC"}}, replace_regex("\\s+", " "), {{"type", "Lowercase"}}});
    assembly.pre_tokenizer = sequence(
        "pretokenizers", {split(kClipPattern, "Removed", true), byte_level(false, true, true)});
  } else if (is("Qwen2Tokenizer")) {
    assembly.normalizer = {{"type", "NFC"}};
    assembly.pre_tokenizer = sequence("pretokenizers", {split(kQwen2Pattern, "Isolated", false),
                                                        byte_level(prefix_space, true, false)});
  }

  const auto special = [&config](const char* role, const TokenIds& ids) {
    const std::string token = require_role(config, role);
    return json::array({token, ids.require(token)});
  };
  switch (style.post) {
    case Post::kNone:
      break;
    case Post::kBert:
      assembly.post_processor = [special](const TokenIds& ids) {
        return json{{"type", "BertProcessing"},
                    {"sep", special("sep_token", ids)},
                    {"cls", special("cls_token", ids)}};
      };
      break;
    case Post::kRoberta: {
      const bool clip = is("CLIPTokenizer");
      const bool trims = !clip && get_bool(config, "trim_offsets", true);
      assembly.post_processor = [special, clip, trims, prefix_space](const TokenIds& ids) {
        return json{{"type", "RobertaProcessing"},
                    {"sep", special(clip ? "eos_token" : "sep_token", ids)},
                    {"cls", special(clip ? "bos_token" : "cls_token", ids)},
                    {"trim_offsets", trims},
                    {"add_prefix_space", !clip && prefix_space}};
      };
      break;
    }
    case Post::kTemplate:
      assembly.post_processor =
          is("WhisperTokenizer")
              ? template_post_processor(config, concat(kWhisperPrefix, " $A eos"),
                                        concat(kWhisperPrefix, " $A $B:1 eos:1"))
              : template_post_processor(config, std::string(style.single), std::string(style.pair));
      break;
    case Post::kByteLevel:
      assembly.post_processor = [](const TokenIds&) { return byte_level(true, false, true); };
      if (is("GPT2Tokenizer") && get_bool(config, "add_bos_token", false)) {
        assembly.post_processor = template_post_processor(config, "bos $A", "bos $A $B:1");
      }
      break;
  }
  return assemble(std::move(assembly), config, tokenizer_class);
}

}  // namespace verdict::legacy

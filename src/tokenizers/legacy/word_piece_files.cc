#include <algorithm>
#include <array>
#include <utility>

#include "verdict/base/strings.h"
#include "verdict/tokenizers/component.h"
#include "verdict/tokenizers/legacy/assembly.h"
#include "verdict/tokenizers/legacy/class_readers.h"

namespace verdict::legacy {

namespace {

using nlohmann::json;

/// How the classes with a WordPiece vocab.txt differ.
struct Style {
  std::string_view tokenizer_class;
  std::string_view single = "cls $A sep";
  std::string_view pair = "cls $A sep $B:1 sep:1";
};

constexpr std::array kStyles = std::to_array<Style>({
    {"BertTokenizer"},
    {"ConvBertTokenizer"},
    {"DistilBertTokenizer"},
    {"ElectraTokenizer"},
    {"FunnelTokenizer", "cls:2 $A sep", "cls:2 $A sep $B:1 sep:1"},
    {"LayoutLMTokenizer"},
    {"LxmertTokenizer"},
    {"MPNetTokenizer", "cls $A sep", "cls $A sep sep $B:1 sep:1"},
    {"MobileBertTokenizer"},
    {"SplinterTokenizer"},
    {"SqueezeBertTokenizer"},
});

const Style* find_style(std::string_view tokenizer_class) {
  const auto style = std::ranges::find(kStyles, tokenizer_class, &Style::tokenizer_class);
  return style == kStyles.end() ? nullptr : &*style;
}

}  // namespace

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (ends_with(line, "\r")) line.remove_suffix(1);
    lines.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

json vocabulary_of_lines(std::string_view text) {
  json vocabulary = json::object();
  std::int64_t id = 0;
  for (const std::string_view line : lines_of(text)) vocabulary[std::string(line)] = id++;
  return vocabulary;
}

bool reads_word_piece(std::string_view tokenizer_class) {
  return find_style(tokenizer_class) != nullptr;
}

json read_word_piece(const FileSet& files, const json& config, std::string_view tokenizer_class) {
  const auto file = files.open("vocab.txt");
  if (!file) return nullptr;
  const Style& style = *find_style(tokenizer_class);
  const auto flag = [&](const char* name, bool fallback) {
    return tokenizer_json::get_bool(config, name, fallback);
  };
  Assembly assembly;
  assembly.model = {{"type", "WordPiece"},
                    {"unk_token", require_role(config, "unk_token")},
                    {"continuing_subword_prefix", "##"},
                    {"max_input_chars_per_word", 100},
                    {"vocab", vocabulary_of_lines(read_text(*file))}};
  assembly.normalizer = {{"type", "BertNormalizer"},
                         {"clean_text", true},
                         {"handle_chinese_chars", flag("tokenize_chinese_chars", true)},
                         {"strip_accents", config.value("strip_accents", json())},
                         {"lowercase", flag("do_lower_case", true)}};
  assembly.pre_tokenizer = {{"type", "BertPreTokenizer"}};
  assembly.decoder = {{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", true}};
  assembly.post_processor =
      template_post_processor(config, std::string(style.single), std::string(style.pair));
  if (tokenizer_class == "SplinterTokenizer") {
    const std::string question = tokenizer_json::get_string(config, "question_token", "[QUESTION]");
    assembly.extra_tokens.push_back({question});
    // The question stands before its mark, on the side away from the padding.
    const bool left = tokenizer_json::get_string(config, "padding_side", "right") == "left";
    assembly.post_processor =
        template_post_processor(config, "cls $A sep",
                                left ? concat("cls $A sep $B:1 ", question, " . sep:1")
                                     : concat("cls $A ", question, " . sep $B:1 sep:1"));
  }
  return assemble(std::move(assembly), config, tokenizer_class);
}

}  // namespace verdict::legacy

// Worst cases: texts of one megabyte take at most 64 · n · log₂ n counted steps.
#include "verdict/tokenizers/operations.h"

#include <gtest/gtest.h>

#include <cmath>

#include "support/tokenizers.h"
#include "verdict/tokenizers/tokenizer.h"
#include "verdict/tokenizers/tokenizer_json.h"

namespace verdict::testing {
namespace {

using nlohmann::json;

constexpr std::size_t kSize = 1 << 20;

std::string repeat(std::string_view part) {
  std::string text;
  while (text.size() + part.size() <= kSize) text += part;
  return text;
}

std::vector<std::pair<std::string, std::string>> worst_texts() {
  return {{"one letter", repeat("a")},
          {"an emoji sequence", repeat("\U0001f469\u200d\U0001f469\u200d\U0001f467")},
          {"a mark", repeat("\u0301")},
          {"marks out of order", repeat("\u0301\u0316\u0334")},
          {"spaces", repeat(" ")},
          {"ideographic spaces", repeat("\u3000")}};
}

/// Words of one letter of all lengths up to a power of two, and the other characters.
json vocabulary(std::string_view prefix, std::size_t longest) {
  json vocab = {{"[UNK]", 0}};
  const auto add = [&](const std::string& token) {
    vocab.emplace(token, static_cast<std::int64_t>(vocab.size()));
  };
  for (std::size_t size = 1; size <= longest; size *= 2) {
    for (const char* c : {"a", " ", "\u2581", "\u0301", "\U0001f469", "\u200d"}) {
      std::string word;
      for (std::size_t i = 0; i < size; ++i) word += c;
      add(word);
      add(concat(prefix, word));
    }
  }
  return vocab;
}

json merges(std::size_t longest) {
  json list = json::array();
  for (const char* c : {"a", "\u2581", "\u0301", "\U0001f469"}) {
    for (std::string word = c; 2 * word.size() <= longest; word += word)
      list.push_back({word, word});
  }
  return list;
}

json scores() {
  json list = json::array();
  const json vocab = vocabulary("", 256);
  for (const auto& [token, id] : vocab.items()) {
    list.push_back({token, -1.0 - 0.001 * static_cast<double>(id.get<int>())});
  }
  return list;
}

void expect_few_operations(const json& normalizer, const json& pre_tokenizer, const json& model) {
  const json file = {
      {"normalizer", normalizer}, {"pre_tokenizer", pre_tokenizer}, {"model", model}};
  const Tokenizer tokenizer(
      std::make_unique<PretrainedTokenizer>(read_tokenizer_json(file, json::object())));
  EncodeOptions options;
  options.return_offsets = true;
  options.use_word_cache = false;  // which would take the steps of repeated words once
  for (const auto& [name, text] : worst_texts()) {
    const std::uint64_t before = operations;
    const Encoding encoding = tokenizer.encode(TextInput{text, std::nullopt}, options);
    const auto taken = static_cast<double>(operations - before);
    const auto n = static_cast<double>(text.size());
    EXPECT_LE(taken, 64 * n * std::log2(n)) << name << ", " << to_text(model["type"]);
    // The counters count: every token and every piece takes a step.
    EXPECT_GE(operations - before, encoding.size()) << name << ", " << to_text(model["type"]);
  }
}

const json kBert = {{"type", "BertNormalizer"}};
const json kNfkc = {{"type", "NFKC"}};

TEST(Operations, WordPiece) {
  for (const std::int64_t most : {std::int64_t{100}, std::int64_t{1} << 40}) {
    const json model = {{"type", "WordPiece"},
                        {"vocab", vocabulary("##", 64)},
                        {"unk_token", "[UNK]"},
                        {"continuing_subword_prefix", "##"},
                        {"max_input_chars_per_word", most}};
    expect_few_operations(kBert, {{"type", "BertPreTokenizer"}}, model);
    expect_few_operations({{"type", "NFD"}}, nullptr, model);
  }
}

TEST(Operations, Bpe) {
  const json model = {{"type", "BPE"},
                      {"vocab", vocabulary("", 256)},
                      {"merges", merges(256)},
                      {"unk_token", "[UNK]"}};
  expect_few_operations(nullptr, nullptr, model);
  expect_few_operations(kNfkc, {{"type", "ByteLevel"}}, model);
  expect_few_operations(nullptr, {{"type", "Metaspace"}, {"replacement", "\u2581"}}, model);
  const json split = {{"type", "Split"},
                      {"pattern", {{"Regex", "\\s+(?!\\S)|\\p{L}+|[^\\s\\p{L}]+|\\s+"}}},
                      {"behavior", "Isolated"}};
  expect_few_operations(kNfkc, split, model);
}

TEST(Operations, Unigram) {
  const json model = {{"type", "Unigram"}, {"vocab", scores()}, {"unk_id", 0}};
  expect_few_operations(nullptr, nullptr, model);
  expect_few_operations(kNfkc, {{"type", "Metaspace"}, {"replacement", "\u2581"}}, model);
}

TEST(Operations, WordLevel) {
  const json model = {{"type", "WordLevel"}, {"vocab", vocabulary("", 64)}, {"unk_token", "[UNK]"}};
  expect_few_operations(nullptr, {{"type", "Punctuation"}}, model);
  expect_few_operations(kNfkc, nullptr, model);
}

}  // namespace
}  // namespace verdict::testing

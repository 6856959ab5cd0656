#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "support/errors.h"
#include "verdict/base/json.h"
#include "verdict/tokenizers/auto_tokenizer.h"
#include "verdict/tokenizers/legacy/tokenizer_class.h"

namespace verdict::testing {
namespace {

using nlohmann::json;

using Files = std::vector<std::pair<std::string, std::string>>;

std::unique_ptr<PretrainedTokenizer> load(const Files& files) {
  std::vector<std::pair<std::string, std::vector<std::byte>>> contents;
  for (const auto& [name, text] : files) {
    const auto* first = reinterpret_cast<const std::byte*>(text.data());
    contents.emplace_back(name, std::vector<std::byte>(first, first + text.size()));
  }
  return AutoTokenizer::from_pretrained(*memory_files(std::move(contents), "memory"));
}

std::string of_class(const char* name) { return to_text(json{{"tokenizer_class", name}}); }

const std::string kVocabTxt = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n##b\n";

TEST(TokenizerClass, TheTokenizersConfigThenTheModelsThenItsType) {
  const json tokenizer{{"tokenizer_class", "RobertaTokenizerFast"}};
  const json model{{"tokenizer_class", "BertTokenizer"}, {"model_type", "xlnet"}};
  EXPECT_EQ(choose_tokenizer_class(tokenizer, model), "RobertaTokenizer");
  EXPECT_EQ(choose_tokenizer_class(json::object(), model), "BertTokenizer");
  EXPECT_EQ(choose_tokenizer_class(json::object(), {{"model_type", "xlnet"}}), "XLNetTokenizer");
  // Names that say nothing leave the choice to the type.
  for (const char* name : {"PreTrainedTokenizerFast", "TokenizersBackend"}) {
    EXPECT_EQ(choose_tokenizer_class({{"tokenizer_class", name}}, {{"model_type", "camembert"}}),
              "CamembertTokenizer");
  }
  EXPECT_EQ(choose_tokenizer_class(json::object(), {{"model_type", "no-such"}}), "");
  EXPECT_EQ(choose_tokenizer_class(json::object(), json::object()), "");
}

TEST(TokenizerClass, DefaultsFillWhatTheConfigLeavesOut) {
  const json xlnet = tokenizer_class_defaults("XLNetTokenizer");
  EXPECT_EQ(xlnet.at("padding_side"), "left");
  EXPECT_EQ(xlnet.at("pad_token_type_id"), 3);
  EXPECT_EQ(xlnet.at("cls_token"), "<cls>");
  EXPECT_TRUE(mask_takes_space("XLNetTokenizer"));
  EXPECT_FALSE(mask_takes_space("BertTokenizer"));
  EXPECT_EQ(tokenizer_class_defaults("NoSuchTokenizer"), json::object());
}

TEST(Legacy, ABareVocabularyIsBerts) {
  const auto tokenizer = load({{"vocab.txt", kVocabTxt}});
  EXPECT_EQ(tokenizer->encode({"Ab", std::nullopt}).ids, (std::vector<std::int32_t>{2, 5, 6, 3}));
  EXPECT_EQ(tokenizer->pad_token_id(), 0);
}

TEST(Legacy, TheModelTypeChoosesTheReader) {
  const auto tokenizer = load({{"vocab.txt", kVocabTxt + "<s>\n</s>\n<pad>\n<mask>\n"},
                               {"config.json", R"({"model_type": "mpnet"})"}});
  EXPECT_EQ(tokenizer->encode({"a", "a"}).ids, (std::vector<std::int32_t>{7, 5, 8, 8, 5, 8}));
}

TEST(Legacy, BytePairsWithAddedTokensOfTheirOwnFile) {
  const Files files{{"vocab.json", R"({"a": 0, "b": 1, "ab": 2, "<|endoftext|>": 3})"},
                    {"merges.txt", "#version: 0.2\na b\n"},
                    {"added_tokens.json", R"({"<new>": 4})"},
                    {"tokenizer_config.json", of_class("GPT2Tokenizer")}};
  const auto tokenizer = load(files);
  EXPECT_EQ(tokenizer->encode({"ab<new>b<|endoftext|>", std::nullopt}).ids,
            (std::vector<std::int32_t>{2, 4, 1, 3}));
  EXPECT_EQ(tokenizer->decode(std::vector<std::int32_t>{2, 4, 3}, true), "ab<new>");
}

TEST(Legacy, RefusesWhatIsMissingOrContradictsItself) {
  const auto expect = [](ErrorCode code, const Files& files, const char* part) {
    expect_error(
        code, [&] { load(files); }, part);
  };
  const std::string gpt2 = of_class("GPT2Tokenizer");
  expect(ErrorCode::kNotFound, {}, "tokenizer.json");
  expect(ErrorCode::kNotFound, {{"tokenizer_config.json", gpt2}}, "vocab.json and merges.txt");
  expect(ErrorCode::kNotFound, {{"tokenizer_config.json", gpt2}, {"vocab.json", "{}"}},
         "merges.txt");
  expect(ErrorCode::kCorruptFile,
         {{"tokenizer_config.json", gpt2}, {"vocab.json", "[]"}, {"merges.txt", ""}}, "vocab.json");
  expect(ErrorCode::kCorruptFile,
         {{"tokenizer_config.json", gpt2}, {"vocab.json", R"({"a": "x"})"}, {"merges.txt", ""}},
         "no integer");
  expect(ErrorCode::kCorruptFile,
         {{"tokenizer_config.json", gpt2}, {"vocab.json", R"({"a": 0})"}, {"merges.txt", "a b\n"}},
         "lacks");
  expect(ErrorCode::kCorruptFile,
         {{"vocab.txt", "[PAD]\n[UNK]\n"},
          {"added_tokens.json", "[]"},
          {"tokenizer_config.json", of_class("BertTokenizer")}},
         "added_tokens.json");
  expect(ErrorCode::kCorruptFile,
         {{"vocab.txt", kVocabTxt},
          {"tokenizer_config.json", R"({"tokenizer_class": "BertTokenizer", "cls_token": null})"}},
         "cls_token");
  expect(ErrorCode::kCorruptFile,
         {{"tokenizer_config.json",
           R"({"tokenizer_class": "BertTokenizer", "added_tokens_decoder": {"x": {}}})"},
          {"vocab.txt", kVocabTxt}},
         "added_tokens_decoder");
  expect(ErrorCode::kUnsupported, {{"tokenizer_config.json", of_class("RoFormerTokenizer")}},
         "RoFormerTokenizer");
  expect(ErrorCode::kCorruptFile,
         {{"tokenizer_config.json", of_class("PhobertTokenizer")},
          {"vocab.txt", "word\n"},
          {"bpe.codes", "a b 1\n"}},
         "no token and count");
}

TEST(Legacy, BytesAndCodePointsNeedNoFiles) {
  const auto bytes = load({{"tokenizer_config.json", of_class("ByT5Tokenizer")}});
  EXPECT_EQ(bytes->encode({"é", std::nullopt}).ids, (std::vector<std::int32_t>{198, 172, 1}));
  // A text that ends with the end token keeps its own.
  EXPECT_EQ(bytes->encode({"a</s>", std::nullopt}).ids, (std::vector<std::int32_t>{100, 1}));
  EXPECT_EQ(bytes->decode(std::vector<std::int32_t>{198, 172, 198, 100, 1}, true), "éa");
  EXPECT_EQ(bytes->token_to_id("<extra_id_0>"), 259);

  const auto code_points = load({{"tokenizer_config.json", of_class("CanineTokenizer")}});
  EXPECT_EQ(code_points->encode({"a😀", std::nullopt}).ids,
            (std::vector<std::int32_t>{0xe000, 'a', 0x1f600, 0xe001}));
  EXPECT_EQ(code_points->decode(std::vector<std::int32_t>{0xe000, 'a', 0x1f600}, true), "a😀");
  EXPECT_EQ(code_points->id_to_token(0xe002), "[BOS]");
  EXPECT_EQ(code_points->id_to_token(0xd800), "");
  EXPECT_EQ(code_points->id_to_token(-1), "");
}

}  // namespace
}  // namespace verdict::testing

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "support/errors.h"
#include "support/tokenizers.h"
#include "verdict/base/byte_source.h"
#include "verdict/tokenizers/auto_tokenizer.h"

namespace verdict::testing {
namespace {

using Ids = std::vector<std::int32_t>;

const std::string kBundled = VERDICT_ROOT "/models/verdict-sentiment-en";

const PretrainedTokenizer& bundled() {
  static const auto tokenizer = AutoTokenizer::from_pretrained(kBundled);
  return *tokenizer;
}

std::vector<Ids> ids_of(const BatchEncoding& batch) {
  std::vector<Ids> rows;
  for (const Encoding& row : batch.rows) rows.push_back(row.ids);
  return rows;
}

TEST(Batch, RowsBecomeTheArgumentsOfAModel) {
  const std::vector<TextInput> texts{{"I love it.", std::nullopt}, {"Bad.", "Good"}};
  TokenizeOptions options;
  options.padding = PaddingStrategy::kLongest;
  const BatchEncoding batch = bundled()(texts, options);
  const auto tensors = batch.tensors();
  ASSERT_EQ(tensors.size(), 3u);
  const Tensor& ids = tensors.at("input_ids");
  EXPECT_EQ(ids.shape(), (std::vector<std::int64_t>{2, 6}));
  EXPECT_EQ(ids.i64()[0], 101);
  EXPECT_EQ(tensors.at("token_type_ids").i64()[6 + 4], 1);
  EXPECT_EQ(tensors.at("attention_mask").i64()[5], 1);
  EXPECT_EQ(batch.overflow_to_sample_mapping, (std::vector<std::size_t>{0, 1}));
  EXPECT_TRUE(bundled()({}).tensors().at("input_ids").shape() == (std::vector<std::int64_t>{0, 0}));

  const std::vector<TextInput> unequal{{"one", std::nullopt}, {"one two", std::nullopt}};
  expect_error(
      ErrorCode::kInvalidArgument, [&] { bundled()(unequal).tensors(); }, "padding");
}

TEST(Batch, WindowsOfATruncatedTextAreRowsWhenAskedFor) {
  const std::vector<TextInput> texts{{"one", std::nullopt},
                                     {"one two three four five six", std::nullopt}};
  TokenizeOptions options;
  options.truncation = TruncationStrategy::kLongestFirst;
  options.max_length = 5;
  options.stride = 1;
  EXPECT_EQ(ids_of(bundled()(texts, options)),
            (std::vector<Ids>{{101, 2028, 102}, {101, 2028, 2048, 2093, 102}}));
  options.return_overflowing_tokens = true;
  options.padding = PaddingStrategy::kMaxLength;
  const BatchEncoding batch = bundled()(texts, options);
  ASSERT_GE(batch.rows.size(), 3u);
  EXPECT_EQ(batch.overflow_to_sample_mapping[0], 0u);
  EXPECT_EQ(batch.overflow_to_sample_mapping[1], 1u);
  EXPECT_EQ(batch.overflow_to_sample_mapping[2], 1u);
  for (const Encoding& row : batch.rows) {
    EXPECT_EQ(row.size(), 5u);
    EXPECT_TRUE(row.overflowing.empty());
  }
  // The windows share one token.
  EXPECT_EQ(batch.rows[2].ids[1], batch.rows[1].ids[3]);

  options.stride = 3;
  expect_error(
      ErrorCode::kInvalidArgument, [&] { bundled()(texts, options); }, "stride");
}

TEST(Batch, OffsetsCountCodePointsOrUnitsOfUtf16) {
  const std::vector<TextInput> texts{{"\U0001f600 x", "\U0001d518 yes"}};
  TokenizeOptions options;
  options.return_offsets_mapping = true;
  const auto last_of = [&](std::int32_t sequence) {
    const Encoding row = bundled()(texts, options).rows.at(0);
    TextRange last;
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (row.sequence_ids[i] == sequence) last = row.offsets[i];
    }
    return std::pair(last.first, last.last);
  };
  EXPECT_EQ(last_of(0), (std::pair(2u, 3u)));
  EXPECT_EQ(last_of(1), (std::pair(2u, 5u)));
  options.offset_unit = OffsetUnit::kUtf16;
  EXPECT_EQ(last_of(0), (std::pair(3u, 4u)));
  EXPECT_EQ(last_of(1), (std::pair(3u, 6u)));
}

TEST(Batch, AMaximumLengthIsNeededToCutTo) {
  const std::string json = text_of(kBundled + "/tokenizer.json");
  const auto bytes = std::as_bytes(std::span(json));
  const auto unlimited = AutoTokenizer::from_pretrained(
      *memory_files({{"tokenizer.json", {bytes.begin(), bytes.end()}}}, "memory"));
  const std::vector<TextInput> texts{{"one", std::nullopt}};
  for (const bool truncates : {true, false}) {
    TokenizeOptions options;
    if (truncates) {
      options.truncation = TruncationStrategy::kOnlyFirst;
    } else {
      options.padding = PaddingStrategy::kMaxLength;
    }
    expect_error(
        ErrorCode::kInvalidArgument, [&] { (*unlimited)(texts, options); }, "max_length");
  }
}

TEST(SpecialTokens, HaveRoles) {
  const PretrainedTokenizer& tokenizer = bundled();
  EXPECT_EQ(tokenizer.cls_token(), "[CLS]");
  EXPECT_EQ(tokenizer.cls_token_id(), 101);
  EXPECT_EQ(tokenizer.sep_token_id(), 102);
  EXPECT_EQ(tokenizer.pad_token_id(), 0);
  EXPECT_EQ(tokenizer.mask_token(), "[MASK]");
  EXPECT_EQ(tokenizer.bos_token(), std::nullopt);
  EXPECT_EQ(tokenizer.eos_token_id(), std::nullopt);
  EXPECT_EQ(tokenizer.all_special_tokens(),
            (std::vector<std::string>{"[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"}));
}

TEST(Conversion, OfTokensAndIds) {
  const PretrainedTokenizer& tokenizer = bundled();
  const std::vector<std::string> tokens{"hello", "no such token", "[SEP]"};
  const auto ids = tokenizer.convert_tokens_to_ids(tokens);
  ASSERT_EQ(ids.size(), 3u);
  EXPECT_EQ(ids[0], 7592);
  EXPECT_EQ(ids[1], tokenizer.unk_token_id());
  EXPECT_EQ(ids[2], 102);
  EXPECT_EQ(tokenizer.convert_ids_to_tokens(Ids{7592, 102, 999999}),
            (std::vector<std::string>{"hello", "[SEP]", ""}));
  const std::vector<Ids> rows{{101, 7592, 102}, {}};
  EXPECT_EQ(tokenizer.batch_decode(rows, true), (std::vector<std::string>{"hello", ""}));
}

#ifndef __EMSCRIPTEN__
TEST(SavePretrained, GivesTheSameTokenizer) {
  const std::string folder = ::testing::TempDir() + "/saved_tokenizer";
  for (const std::string& source : {kBundled, tokenizers_path() + "/byt5"}) {
    std::filesystem::remove_all(folder);
    const auto tokenizer = AutoTokenizer::from_pretrained(source);
    tokenizer->save_pretrained(folder);
    const auto again = AutoTokenizer::from_pretrained(folder);
    const TextInput text{"Some text, \U0001f600 déjà vu", "pair"};
    EXPECT_EQ(again->encode(text).ids, tokenizer->encode(text).ids) << source;
    EXPECT_EQ(again->settings().tokenizer_class, tokenizer->settings().tokenizer_class);
    EXPECT_EQ(again->model_max_length(), tokenizer->model_max_length());
    EXPECT_EQ(again->all_special_tokens(), tokenizer->all_special_tokens());
    EXPECT_FALSE(std::filesystem::exists(folder + "/config.json"));
  }
  std::filesystem::remove_all(folder);
  const auto files = open_folder(kBundled);
  const auto unowned = AutoTokenizer::from_pretrained(*files);
  expect_error(
      ErrorCode::kUnsupported, [&] { unowned->save_pretrained(folder); }, "cannot be saved");
  EXPECT_FALSE(std::filesystem::exists(folder));
}
#endif

}  // namespace
}  // namespace verdict::testing

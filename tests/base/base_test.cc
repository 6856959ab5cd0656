#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "support/errors.h"
#include "support/fixtures.h"
#include "verdict/base/checked.h"
#include "verdict/base/crc32.h"
#include "verdict/base/file_writer.h"
#include "verdict/base/json.h"
#include "verdict/base/sha256.h"
#include "verdict/base/unicode.h"
#include "verdict/base/utf8.h"

namespace verdict::testing {
namespace {

TEST(Checked, RefusesOverflow) {
  EXPECT_EQ(checked_mul<std::int64_t>(1 << 20, 1 << 20), std::int64_t{1} << 40);
  EXPECT_EQ(checked_mul<std::int64_t>(std::int64_t{1} << 40, 1 << 30), std::nullopt);
  EXPECT_EQ(checked_add<std::uint64_t>(~std::uint64_t{0}, 1), std::nullopt);
  const std::vector<std::int64_t> negative{2, -1};
  EXPECT_EQ(element_count(negative), std::nullopt);
  EXPECT_EQ(element_count(std::vector<std::int64_t>{}), 1);
}

TEST(Strings, NamesAtMostSoMany) {
  const std::vector<std::string> names{"a", "b", "c"};
  EXPECT_EQ(quoted_list(names), "\"a\", \"b\", \"c\"");
  EXPECT_EQ(quoted_list(names, 2), "\"a\", \"b\" and 1 more");
  EXPECT_EQ(concat("x", 1, ' ', true, 0.5), "x1 true0.5");
}

TEST(HalfPrecision, EveryF16SurvivesTheRoundTrip) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const float value = f16_to_f32(static_cast<std::uint16_t>(bits));
    if (std::isnan(value)) continue;
    ASSERT_EQ(f32_to_f16(value), bits);
  }
  EXPECT_TRUE(std::isnan(f16_to_f32(0x7e00)));
  EXPECT_EQ(f16_to_f32(0x0001), std::ldexp(1.0f, -24));
}

TEST(HalfPrecision, RoundsToNearestEven) {
  EXPECT_EQ(f32_to_f16(1.0f + std::ldexp(1.0f, -11)), f32_to_f16(1.0f));
  EXPECT_EQ(f32_to_f16(1.0f + 3 * std::ldexp(1.0f, -11)), 0x3c02);
  EXPECT_EQ(f32_to_f16(65520.0f), 0x7c00);
  EXPECT_EQ(f32_to_bf16(1.0f + std::ldexp(1.0f, -8)), 0x3f80);
  EXPECT_EQ(bf16_to_f32(0x3f80), 1.0f);
}

TEST(HalfPrecision, F16KeepsSignsInfinitiesAndSubnormals) {
  EXPECT_EQ(f16_to_f32(0xc000), -2.0f);
  EXPECT_EQ(f16_to_f32(0xfc00), -std::numeric_limits<float>::infinity());
  EXPECT_EQ(f16_to_f32(0x83ff), -1023 * std::ldexp(1.0f, -24));
  EXPECT_TRUE(std::signbit(f16_to_f32(0x8000)));
}

TEST(LargestMagnitude, SeesSignsAndWhatIsNotFinite) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(largest_magnitude({}), 0.0f);
  EXPECT_EQ(largest_magnitude(std::vector<float>{1, -3, 2}), 3.0f);
  EXPECT_EQ(largest_magnitude(std::vector<float>{1, -kInfinity}), kInfinity);
  EXPECT_TRUE(std::isnan(largest_magnitude(std::vector<float>{kInfinity, -std::nanf(""), 2})));
}

TEST(Tensor, ConvertsEveryStoredType) {
  const Tensor ids = Tensor::from_i64({2}, std::vector<std::int64_t>{-3, 7});
  EXPECT_EQ(to_f32(ids.view()).f32()[0], -3.0f);
  expect_error(
      ErrorCode::kInvalidArgument, [] { to_i64(Tensor(DType::kF32, {1}).view()); }, "F32");
  expect_error(ErrorCode::kInvalidArgument, [] { Tensor(DType::kF32, {-1}); });
}

TEST(Utf8, AcceptsAndRefusesAsTheReference) {
  const std::string path = root_path("tests/fixtures/tokenizers/invalid_utf8.json");
  const nlohmann::json cases = parse_json(read_text(*open_file(path)), path);
  for (const auto& item : cases) {
    const std::string hex = item["hex"];
    std::string bytes;
    for (std::size_t i = 0; i < hex.size(); i += 2) {
      bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    }
    EXPECT_EQ(!find_invalid_utf8(bytes).has_value(), item["valid"].get<bool>()) << hex;
  }
}

TEST(Utf8, EveryCodePointSurvivesTheRoundTrip) {
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (c >= 0xd800 && c < 0xe000) continue;
    std::string text;
    append_code_point(text, c);
    ASSERT_FALSE(find_invalid_utf8(text)) << static_cast<std::uint32_t>(c);
    std::size_t at = 0;
    ASSERT_EQ(next_code_point(text, at), c);
    ASSERT_EQ(at, text.size());
  }
}

TEST(Unicode, KnowsTheReferencesClasses) {
  EXPECT_TRUE(unicode::is_punctuation(U'!'));
  EXPECT_FALSE(unicode::is_punctuation(U'a'));
  EXPECT_TRUE(unicode::is_bert_chinese(U'中'));
  EXPECT_FALSE(unicode::is_bert_chinese(U'か'));
  EXPECT_TRUE(unicode::is_whitespace(0x3000));
  EXPECT_EQ(unicode::lowercase(0x130).size(), 2u);
  EXPECT_EQ(unicode::decomposition(0xe9)[1], char32_t{0x301});
  EXPECT_EQ(unicode::combining_rank(U'a'), 0);
  EXPECT_LT(unicode::combining_rank(0x334), unicode::combining_rank(0x345));
}

std::string sha256(std::string_view text, std::size_t step) {
  Sha256 hash;
  for (std::size_t at = 0; at < text.size(); at += step) {
    hash.update(std::as_bytes(std::span(text.substr(at, step))));
  }
  return hash.digest();
}

TEST(Sha256, GivesTheStandardsAnswers) {
  EXPECT_EQ(sha256("", 1), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc", 1), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const std::string million(1000000, 'a');
  for (const std::size_t step : std::vector<std::size_t>{1000000, 63, 64, 65}) {
    EXPECT_EQ(sha256(million, step),
              "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  }
}

TEST(Json, NamesFileAndPlace) {
  expect_error(
      ErrorCode::kCorruptFile, [] { parse_json("{\"a\": }", "config.json"); }, "config.json");
  expect_error(
      ErrorCode::kCorruptFile, [] { parse_json("<!DOCTYPE html><html>", "config.json"); },
      "config.json", "page");
  expect_error(
      ErrorCode::kCorruptFile, [] { parse_json("[1e999]", "config.json"); }, "config.json",
      "number");
  EXPECT_EQ(to_text("\xff"), "\"\xef\xbf\xbd\"");
}

TEST(Files, ReadOnlyWhatIsThere) {
  expect_error(
      ErrorCode::kNotFound, [] { open_file("/nowhere/at/all"); }, "/nowhere/at/all");
  expect_error(
      ErrorCode::kNotFound, [] { open_folder("/nowhere/at/all"); }, "/nowhere/at/all");
  const auto source = memory_source(std::vector<std::byte>(4), "four");
  std::vector<std::byte> out(2);
  source->read(2, out);
  expect_error(
      ErrorCode::kCorruptFile, [&] { source->read(3, out); }, "four", "truncated");
  expect_error(
      ErrorCode::kCorruptFile, [&] { source->read(~std::uint64_t{0}, out); }, "four");
}

TEST(FileWriter, LeavesNothingHalfWritten) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/file";
  const std::string text = "content";
  {
    FileWriter abandoned(path);
    abandoned.write(std::as_bytes(std::span(text)));
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  FileWriter writer(path);
  writer.write(std::as_bytes(std::span(text)));
  writer.start_sync();
  EXPECT_FALSE(std::filesystem::exists(path));
  writer.commit();
  EXPECT_EQ(read_text(*open_file(path)), text);
  expect_error(
      ErrorCode::kIo, [] { FileWriter("/nowhere/at/all"); }, "/nowhere/at/all");
}

TEST(FileWriter, StartsToSyncInTheMidstOfAFile) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/file";
  std::string text;
  FileWriter writer(path);
  for (const std::size_t size : {5'000'000u, 1u, 0u, 4'200'000u}) {
    const std::string part(size, static_cast<char>('a' + size % 26));
    writer.write(std::as_bytes(std::span(part)));
    writer.start_sync();
    text += part;
  }
  writer.sync();
  writer.commit();
  EXPECT_EQ(read_text(*open_file(path)), text);
}

TEST(Crc32, IsTheRemainderOfEveryLength) {
  EXPECT_EQ(crc32(std::as_bytes(std::span("123456789", 9))), 0xcbf43926u);
  std::vector<std::byte> bytes(400);
  std::uint32_t random = 1;
  for (std::byte& byte : bytes) byte = static_cast<std::byte>((random = random * 69069 + 1) >> 24);
  std::uint32_t expected = 0xffffffff;
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    ASSERT_EQ(crc32(std::span(bytes).first(size)), ~expected) << size;
    expected ^= std::to_integer<std::uint32_t>(bytes[size]);
    for (int bit = 0; bit < 8; ++bit)
      expected = expected >> 1 ^ ((expected & 1) != 0 ? 0xedb88320 : 0);
  }
}

}  // namespace
}  // namespace verdict::testing

// JSON texts against the JSON library that holds their trees.
#include "verdict/base/json.h"

#include <gtest/gtest.h>

#include <random>

#include "support/errors.h"
#include "verdict/base/json_scanner.h"

namespace verdict::testing {
namespace {

using nlohmann::json;

/// Whether both parsers take the text, and make the same of it: kinds of numbers, too.
void expect_same(const std::string& text) {
  const json expected = json::parse(text, nullptr, false);
  const auto parsed = try_parse_json(text);
  ASSERT_EQ(parsed.has_value(), !expected.is_discarded()) << text;
  if (!parsed) return;
  EXPECT_EQ(*parsed, expected) << text;
  EXPECT_EQ(parsed->dump(), expected.dump()) << text;
  EXPECT_EQ(parsed->type(), expected.type()) << text;
}

TEST(ParseJson, ReadsWhatTheJsonLibraryReads) {
  for (const char* text :
       {R"({"a": [1, -2.5e+3, 0, -0.1E-2], "b\n": {}, "c": [], "": "", "t": true, "n": null})",
        R"("\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00\u4F60é")",
        "[[[[ ]]] ]",
        " \n[\t1\r]",
        "\xef\xbb\xbf{}",
        R"({"twice": 1, "twice": {"b": 2}})",
        "0",
        "-0",
        "-0.0",
        "7",
        "1e5",
        "9223372036854775807",
        "-9223372036854775808",
        "-9223372036854775809",
        "18446744073709551615",
        "18446744073709551616",
        "123456789012345678901234567890",
        "0.1",
        "2.2250738585072014e-308",
        "5e-324",
        "1e-400",
        "1.7976931348623157e308",
        "9007199254740993.0"}) {
    expect_same(text);
    EXPECT_TRUE(try_parse_json(text)) << text;
  }
}

TEST(ParseJson, RefusesWhatTheJsonLibraryRefuses) {
  for (const char* text : {"\"",          "\"a",         "\"\\",
                           "\"\\x\"",     "\"\\u12\"",   "\"\\u12g4\"",
                           "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\u0041\"",
                           "\"\n\"",      "\"\xff\"",    "\"\xed\xa0\x80\"",
                           "01",          "-",           "+1",
                           "1.",          ".5",          "1e",
                           "1e+",         "1e999",       "-1e999",
                           "NaN",         "Infinity",    "nul",
                           "nulls",       "truefalse",   "True",
                           "[1",          "[1,]",        "[1 2]",
                           "[,1]",        "[1]]",        "{\"a\"}",
                           "{\"a\":}",    "{\"a\":1,}",  "{a:1}",
                           "{\"a\":1",    "{} {}",       "// no\n{}",
                           "\xef\xbb{}",  " ",           ""}) {
    expect_same(text);
    EXPECT_FALSE(try_parse_json(text)) << text;
  }
  expect_same(std::string("\0", 1));
  expect_same(std::string("\"\0\"", 3));
  EXPECT_FALSE(try_parse_json(std::string("1\0", 2)));  // there NUL is taken for the text's end
}

/// Texts of JSON's characters at random: most are none, many nearly are.
TEST(ParseJson, AgreesWithTheJsonLibraryOnRandomTexts) {
  constexpr std::string_view kParts[] = {
      "{", "}", "[",  "]",    ",", ":",    "\"a\"", "\"",      "1",       "-",   "0",   ".",
      "e", " ", "\n", "true", "n", "null", "\\u00", "\"\\n\"", "{\"b\":", "[1,", "2.5", "false"};
  std::mt19937 random(1);
  for (int i = 0; i < 200000; ++i) {
    std::string text;
    for (auto left = 1 + random() % 8; left > 0; --left)
      text += kParts[random() % std::size(kParts)];
    expect_same(text);
  }
}

TEST(ParseJson, EndsBeforeTheStackDoes) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_TRUE(try_parse_json(nested(128)));
  for (const std::size_t depth : {std::size_t{129}, std::size_t{10000000}}) {
    expect_error(
        ErrorCode::kCorruptFile, [&] { parse_json(nested(depth), "deep.json"); }, "deep.json",
        "nested too deeply");
  }
}

TEST(ParseJson, TellsWhere) {
  const auto expect_place = [](std::string_view text, const char* place) {
    expect_error(
        ErrorCode::kCorruptFile, [&] { parse_json(text, "config.json"); }, "config.json", place);
  };
  expect_place("{\"a\": }", "line 1, column 7");
  expect_place("{\n  \"a\": 1\n  \"b\": 2}", "line 3, column 3");
  expect_place("[1, 2", "line 1, column 6");
  expect_place("[\"\xff\"]", "line 1, column 3");
}

TEST(JsonScanner, GivesTheTextOfValues) {
  JsonScanner scanner(R"([ {"a]\"": [1, "}"]} , "x,\\" ,12 , null])");
  std::vector<std::string> values;
  scanner.array([&] { values.emplace_back(scanner.value()); });
  EXPECT_EQ(values, (std::vector<std::string>{R"({"a]\"": [1, "}"]})", R"("x,\\")", "12", "null"}));
}

}  // namespace
}  // namespace verdict::testing

// What a tokenizer.json may not be, and what no text may do.
#include "verdict/tokenizers/tokenizer_json.h"

#include <gtest/gtest.h>

#include "support/errors.h"
#include "support/tokenizers.h"
#include "verdict/tokenizers/known_patterns.h"
#include "verdict/tokenizers/regex.h"
#include "verdict/tokenizers/tokenizer.h"

namespace verdict::testing {
namespace {

using nlohmann::json;

/// A small BPE: "ab" is one token, "abc" another.
json small() {
  return {{"model",
           {{"type", "BPE"},
            {"vocab", {{"a", 0}, {"b", 1}, {"c", 2}, {"ab", 3}, {"abc", 4}, {"?", 5}}},
            {"merges", {"a b", "ab c"}},
            {"unk_token", "?"}}}};
}

Tokenizer make(const json& tokenizer) {
  return Tokenizer(
      std::make_unique<PretrainedTokenizer>(read_tokenizer_json(tokenizer, json::object())));
}

std::vector<std::int32_t> ids_of(const json& tokenizer, const std::string& text) {
  return make(tokenizer).encode(TextInput{text, std::nullopt}).ids;
}

json with(const char* room, const json& component) {
  json tokenizer = small();
  tokenizer[room] = component;
  return tokenizer;
}

template <typename... Parts>
void expect_refused(ErrorCode code, const json& tokenizer, const Parts&... parts) {
  expect_error(
      code, [&] { make(tokenizer); }, parts...);
}

TEST(TokenizerJson, UnknownTypesAreNamedWithTheirPlace) {
  expect_refused(ErrorCode::kUnsupported, with("normalizer", {{"type", "Shout"}}),
                 "At normalizer:", "Shout");
  const json nested = {{"type", "Sequence"},
                       {"pretokenizers",
                        {{{"type", "Whitespace"}},
                         {{"type", "Sequence"}, {"pretokenizers", {{{"type", "Comma"}}}}}}}};
  expect_refused(ErrorCode::kUnsupported, with("pre_tokenizer", nested),
                 "At pre_tokenizer.pretokenizers[1].pretokenizers[0]:", "Comma");
  expect_refused(ErrorCode::kUnsupported, with("post_processor", {{"type", "X"}}),
                 "At post_processor:");
  expect_refused(ErrorCode::kUnsupported, with("decoder", {{"type", "X"}}), "At decoder:");
  expect_refused(ErrorCode::kUnsupported, with("model", {{"type", "X"}}), "At model:");
}

TEST(TokenizerJson, NestsSequencesTo64) {
  const auto nested = [](int depth, const char* field, const json& inner) {
    json component = inner;
    for (int i = 0; i < depth; ++i) {
      component = {{"type", "Sequence"}, {field, json::array({component})}};
    }
    return component;
  };
  const json lower = {{"type", "Lowercase"}};
  EXPECT_EQ(ids_of(with("normalizer", nested(64, "normalizers", lower)), "ABC"),
            (std::vector<std::int32_t>{4}));
  expect_refused(ErrorCode::kCorruptFile, with("normalizer", nested(65, "normalizers", lower)),
                 "deeper than 64");
  const json white = {{"type", "Whitespace"}};
  expect_refused(ErrorCode::kCorruptFile, with("pre_tokenizer", nested(65, "pretokenizers", white)),
                 "deeper than 64");
  const json fuse = {{"type", "Fuse"}};
  expect_refused(ErrorCode::kCorruptFile, with("decoder", nested(65, "decoders", fuse)),
                 "deeper than 64");
  const json bytes = {{"type", "ByteLevel"}};
  expect_refused(ErrorCode::kCorruptFile, with("post_processor", nested(65, "processors", bytes)),
                 "deeper than 64");
}

TEST(TokenizerJson, RefusesMergesThatTheVocabularyLacks) {
  json tokenizer = small();
  tokenizer["model"]["merges"] = {"a x"};
  expect_refused(ErrorCode::kCorruptFile, tokenizer, "At model:", "\"x\"");
  tokenizer["model"]["merges"] = {"b c"};
  expect_refused(ErrorCode::kCorruptFile, tokenizer, "\"bc\"");
  tokenizer["model"]["merges"] = {"a b c"};
  expect_refused(ErrorCode::kCorruptFile, tokenizer, "two tokens");
  tokenizer["model"]["merges"] = {json::array({"a", 1})};
  expect_refused(ErrorCode::kCorruptFile, tokenizer, "merge");
  tokenizer["model"]["merges"] = {"#version: 0.2", "a b"};
  EXPECT_EQ(ids_of(tokenizer, "ab"), (std::vector<std::int32_t>{3}));
}

/// The ids of a text by the tokenizer of a file with this text.
std::vector<std::int32_t> ids_by_file(const std::string& file, const std::string& text) {
  const Tokenizer made(std::make_unique<PretrainedTokenizer>(
      read_tokenizer_json(file, "tokenizer.json", json::object())));
  return made.encode(TextInput{text, std::nullopt}).ids;
}

TEST(TokenizerJson, LargeMembersOfAFileAreReadFromItsText) {
  const std::string vocab = R"("vocab" : { "a": 0,"\u0062":1 , "ab": 2, "é" :3 })";
  const std::string merges = R"("merges":["#version: 0.2", "a b", ["a\u0062", "é"] ])";
  const auto file = [](const std::string& members) {
    return concat(R"({"added_tokens": [], "model": {"type": "BPE", )", members, "}, \"x\": 1}");
  };
  // "abé" is no token.
  expect_error(
      ErrorCode::kCorruptFile, [&] { ids_by_file(file(concat(vocab, ", ", merges)), "ab"); },
      "At model:", "\"abé\"");
  const std::string more = R"("vocab": {"a": 0, "b": 1, "ab": 2, "é": 3, "abé": 4})";
  for (const std::string& members : {concat(more, ", ", merges), concat(merges, ", ", more)}) {
    EXPECT_EQ(ids_by_file(file(members), "abéab"), (std::vector<std::int32_t>{4, 2}));
  }
  // Of two members of one name the later counts.
  EXPECT_EQ(ids_by_file(file(concat(vocab, ", ", merges, ", ", more)), "abé"),
            (std::vector<std::int32_t>{4}));
  expect_error(
      ErrorCode::kCorruptFile, [&] { ids_by_file(file(more), "ab"); }, "At model:", "\"merges\"");
  expect_error(
      ErrorCode::kCorruptFile, [&] { ids_by_file(file("\"merges\": []"), "ab"); }, "\"vocab\"");
}

TEST(TokenizerJson, OfEqualTokensTheLaterCounts) {
  const auto made = std::make_unique<PretrainedTokenizer>(read_tokenizer_json(
      R"({"model": {"type": "WordLevel", "vocab": {"a": 0, "b": 1, "a": 2}, "unk_token": "b"}})",
      "tokenizer.json", json::object()));
  EXPECT_EQ(made->token_to_id("a"), 2);
  EXPECT_EQ(made->id_to_token(2), "a");
  EXPECT_EQ(made->id_to_token(0), "");
  EXPECT_EQ(made->vocab_size(), 2u);
}

TEST(TokenizerJson, FilesThatAreNoJsonSayWhere) {
  for (const char* broken : {
           R"({"model": {"type": "WordLevel", "vocab": {"a": 0, "b": 1}})",
           R"({"model": {"type": "WordLevel", "vocab": {"a": 0, "b": 01}}})",
           R"({"model": {"type": "WordLevel", "vocab": {"a": 0, "b": 1 2}}})",
           R"({"model": {"type": "WordLevel", "vocab": {"a": 0, "b": 1,}}})",
           R"({"model": {"type": "WordLevel", "vocab": {"a": 0, "\q": 1}}})",
           R"({"model": {"type": "WordLevel", "vocab": {"a": 0, "b: 1}}})",
           "{\"model\": {\"type\": \"WordLevel\", \"vocab\": {\"a\": 0, \"\xff\": 1}}}",
           R"({"model": {"type": "BPE", "vocab": {"a": 0, "aa": 1}, "merges": ["a a" "a a"]}})",
           R"({"model": {"type": "Unigram", "vocab": [["a", -1.]]}})",
           R"({"model": tru, "vocab": {}})",
       }) {
    expect_error(
        ErrorCode::kCorruptFile, [&] { ids_by_file(broken, "a"); }, "tokenizer.json");
  }
  for (const char* refused : {
           R"({"model": {"type": "WordLevel", "vocab": {"a": "0"}}})",
           R"({"model": {"type": "WordLevel", "vocab": {"a": 1.0}}})",
           R"({"model": {"type": "WordLevel", "vocab": {"a": -1}}})",
           R"({"model": {"type": "WordLevel", "vocab": {"a": 99999999999999999999}}})",
           R"({"model": {"type": "WordLevel", "vocab": ["a"]}})",
           R"({"model": {"type": "BPE", "vocab": {"a": 0}, "merges": {}}})",
           R"({"model": {"type": "BPE", "vocab": {"a": 0}, "merges": [["a", "a", "a"]]}})",
           R"({"model": {"type": "Unigram", "vocab": [["a", "b"]], "unk_id": 0}})",
           R"({"model": {"type": "Unigram", "vocab": [["a", 1e999]], "unk_id": 0}})",
           R"({"model": {"type": "Unigram", "vocab": [["a", 1e9999999999]], "unk_id": 0}})",
           R"({"model": {"type": "Unigram", "vocab": [["a", -1, 2]], "unk_id": 0}})",
       }) {
    expect_error(
        ErrorCode::kCorruptFile, [&] { ids_by_file(refused, "a"); }, "At model:");
  }
}

TEST(TokenizerJson, RefusesRandomness) {
  json tokenizer = small();
  tokenizer["model"]["dropout"] = 0.1;
  expect_refused(ErrorCode::kUnsupported, tokenizer, "dropout");
  tokenizer["model"]["dropout"] = 0.0;
  EXPECT_EQ(ids_of(tokenizer, "abc"), (std::vector<std::int32_t>{4}));
}

TEST(TokenizerJson, UnknownCharacters) {
  EXPECT_EQ(ids_of(small(), "axxb"), (std::vector<std::int32_t>{0, 5, 5, 1}));
  json tokenizer = small();
  tokenizer["model"]["fuse_unk"] = true;
  EXPECT_EQ(ids_of(tokenizer, "axxb"), (std::vector<std::int32_t>{0, 5, 1}));
  tokenizer["model"]["unk_token"] = nullptr;
  EXPECT_EQ(ids_of(tokenizer, "axxb"), (std::vector<std::int32_t>{3}));
  tokenizer["model"]["unk_token"] = "nowhere";
  expect_error(
      ErrorCode::kInvalidArgument, [&] { ids_of(tokenizer, "x"); }, "nowhere");
}

TEST(TokenizerJson, AddedTokensGetTheVocabularysIdsOrTheNextFreeOnes) {
  json tokenizer = small();
  tokenizer["added_tokens"] = {{{"id", 77}, {"content", "abc"}, {"special", true}},
                               {{"id", 3}, {"content", "<x>"}, {"special", true}},
                               {{"id", 3}, {"content", "<y>"}, {"special", false}}};
  const Tokenizer made = make(tokenizer);
  EXPECT_EQ(made->token_to_id("abc"), 4);
  EXPECT_EQ(made->token_to_id("<x>"), 6);
  EXPECT_EQ(made->token_to_id("<y>"), 7);
  EXPECT_EQ(made.encode(TextInput{"abc<x>ab<y>", std::nullopt}).ids,
            (std::vector<std::int32_t>{4, 6, 3, 7}));
}

TEST(TokenizerJson, ReadsItsTruncationAndPadding) {
  json tokenizer = small();
  tokenizer["truncation"] = {
      {"direction", "Left"}, {"max_length", 2}, {"strategy", "LongestFirst"}, {"stride", 0}};
  tokenizer["padding"] = {{"strategy", {{"Fixed", 3}}},
                          {"direction", "Left"},
                          {"pad_id", 2},
                          {"pad_type_id", 0},
                          {"pad_token", "c"}};
  EXPECT_EQ(ids_of(tokenizer, "bbab"), (std::vector<std::int32_t>{2, 1, 3}));
  tokenizer["truncation"]["strategy"] = "Shortest";
  expect_refused(ErrorCode::kCorruptFile, tokenizer, "At truncation:", "Shortest");
  tokenizer["truncation"] = nullptr;
  tokenizer["padding"]["strategy"] = 7;
  expect_refused(ErrorCode::kCorruptFile, tokenizer, "At padding:", "strategy");
}

TEST(TokenizerJson, ByteFallbackCountsBytes) {
  json tokenizer = small();
  tokenizer["model"]["byte_fallback"] = true;
  tokenizer["model"]["vocab"]["<0xC3>"] = 6;
  tokenizer["model"]["vocab"]["<0xA9>"] = 7;
  EncodeOptions options;
  options.return_offsets = true;
  const Encoding encoding = make(tokenizer).encode(TextInput{"aéb", std::nullopt}, options);
  EXPECT_EQ(encoding.ids, (std::vector<std::int32_t>{0, 6, 7, 1}));
  EXPECT_EQ(encoding.offsets, (std::vector<TextRange>{{0, 1}, {1, 2}, {1, 2}, {2, 3}}));
}

TEST(TokenizerJson, InvalidUtf8IsReplacedBySubpart) {
  const std::string path = tokenizers_path() + "/invalid_utf8.json";
  const json rows = parse_json(text_of(path), path);
  const Tokenizer tokenizer = make(with("pre_tokenizer", {{"type", "ByteLevel"}}));
  ASSERT_FALSE(rows.empty());
  for (const json& row : rows) {
    const std::string hex = row.at("hex");
    std::string bytes;
    for (std::size_t i = 0; i < hex.size(); i += 2) {
      bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    }
    const std::string replaced = row.at("python_replace");
    EXPECT_EQ(replace_invalid_utf8(bytes), replaced) << hex;
    EXPECT_EQ(tokenizer.encode(TextInput{bytes, std::nullopt}).ids,
              tokenizer.encode(TextInput{replaced, std::nullopt}).ids)
        << hex;
  }
}

TEST(Patterns, TheMatchersOfKnownPatternsAgreeWithPcre2) {
  for (const std::string_view pattern : known_patterns()) {
    const auto matcher = find_known_pattern(pattern);
    ASSERT_NE(matcher, nullptr);
    const Regex regex(pattern);
    for (const auto& [index, text] : texts()) {
      std::vector<TextRange> actual;
      std::vector<TextRange> expected;
      matcher->find(text, actual);
      regex.find(text, expected);
      EXPECT_EQ(actual, expected) << pattern << " on text " << index;
    }
  }
}

TEST(Patterns, HostileOnesAreErrors) {
  const auto find = [](const char* pattern, const std::string& text) {
    std::vector<TextRange> matches;
    Regex(pattern).find(text, matches);
  };
  const std::string text = std::string(60, 'a') + "b";
  expect_error(
      ErrorCode::kInvalidArgument, [&] { find("(a+)+$", text); }, "(a+)+$", "too long");
  expect_error(
      ErrorCode::kInvalidArgument, [&] { find("(?:a|a)*c|(?:a|aa)+$", text); }, "too long");
  // Without steps back, but once through all of the text from each place in it.
  expect_error(
      ErrorCode::kInvalidArgument, [&] { find("a++[bc]", std::string(1'000'000, 'a')); },
      "too long");
  for (const char* broken : {"(", ")", "[a", "*a", "\\p{Nonsense}", "[b-a]", "(?<n", "\\"}) {
    expect_error(
        ErrorCode::kCorruptFile, [&] { find(broken, text); }, "regular expression", broken);
  }
  for (const char* other : {"(?~ab)", "\\g<1>", "(*FAIL)", "\\xff", "(?(1)a|b)", "\\C-a"}) {
    expect_error(
        ErrorCode::kUnsupported, [&] { find(other, text); }, "regular expression");
  }
  expect_error(ErrorCode::kCorruptFile, [&] { find(std::string(1 << 17, 'a').c_str(), text); });
  expect_error(ErrorCode::kCorruptFile,
               [&] { find((std::string(5000, '(') + std::string(5000, ')')).c_str(), text); });
  expect_error(ErrorCode::kCorruptFile, [&] { find("(?:(?:a{1000}){1000}){1000}", text); });
}

TEST(Patterns, OnigurumasDialect) {
  const auto matches_of = [](const char* pattern, const std::string& text) {
    std::vector<TextRange> matches;
    Regex(pattern).find(text, matches);
    std::vector<std::string> found;
    for (const TextRange match : matches) found.emplace_back(match.of(text));
    return found;
  };
  using Found = std::vector<std::string>;
  EXPECT_EQ(matches_of("[0-9]{1,3}+", "12345 6"), (Found{"12345", "6"}));
  EXPECT_EQ(matches_of("a{2}?b", "aab b"), (Found{"aab", "b"}));
  EXPECT_EQ(matches_of("a**", "aa b"), (Found{"aa", "", ""}));
  EXPECT_EQ(matches_of("^.", "a\nb\n"), (Found{"a", "b"}));
  EXPECT_EQ(matches_of("(?m:.)b", "a\nb"), (Found{"\nb"}));
  EXPECT_EQ(matches_of("a(?i)b|c", "aC aB c"), (Found{"aC", "aB"}));
  EXPECT_EQ(matches_of("\\h+", "fg0"), (Found{"f", "0"}));
  EXPECT_EQ(matches_of("[a-z&&[^aeiou]]+", "hello"), (Found{"h", "ll"}));
  EXPECT_EQ(matches_of("(?i:fi)", "ﬁ FI"), (Found{"ﬁ", "FI"}));
  EXPECT_EQ(matches_of("(?x: a b # no\n)", "ab"), (Found{"ab"}));
  EXPECT_EQ(matches_of("(?<q>['\"]).*?\\k<q>", "'a\"' \"b\""), (Found{"'a\"'", "\"b\""}));
}

TEST(Encode, TheWordCacheChangesNothing) {
  for (const char* folder : {"gpt2-small", "llama3", "opt-wordlevel"}) {
    const Tokenizer tokenizer =
        Tokenizer::from_file(concat(tokenizers_path(), "/", folder, "/tokenizer.json"));
    EncodeOptions cached;
    cached.return_offsets = true;
    EncodeOptions uncached = cached;
    uncached.use_word_cache = false;
    // More words than it holds.
    std::string many;
    for (int i = 0; i < 70000; ++i) many += concat(" w", i);
    std::vector<std::string> all{many};
    for (const auto& [index, text] : texts()) all.push_back(text);
    for (const std::string& text : all) {
      const Encoding actual = tokenizer.encode(TextInput{text, std::nullopt}, cached);
      const Encoding expected = tokenizer.encode(TextInput{text, std::nullopt}, uncached);
      EXPECT_EQ(actual.ids, expected.ids) << folder;
      EXPECT_EQ(actual.offsets, expected.offsets) << folder;
    }
  }
}

TEST(Encode, LongRunsOfOneCharacter) {
  for (const char* folder : {"gpt2-small", "llama3", "llama2-legacy", "clip", "opt-bpe-nofuse",
                             "bert-cased", "opt-norm-nfkc-lower-strip"}) {
    const Tokenizer tokenizer =
        Tokenizer::from_file(concat(tokenizers_path(), "/", folder, "/tokenizer.json"));
    EncodeOptions options;
    options.return_offsets = true;
    options.add_special_tokens = false;
    for (const char* unit : {"a", " ", "\n", "\u0301", "\U0001f468\u200d", "1", "<", "'"}) {
      std::string text;
      while (text.size() < 300'000) text += unit;
      const Encoding encoding = tokenizer.encode(TextInput{text, std::nullopt}, options);
      EXPECT_EQ(encoding.ids.size(), encoding.offsets.size()) << folder;
    }
  }
}

}  // namespace
}  // namespace verdict::testing

#include "verdict/tokenizers/models/unigram.h"

#include <gtest/gtest.h>

#include <limits>

#include "support/errors.h"
#include "verdict/base/strings.h"

namespace verdict::testing {
namespace {

using nlohmann::json;

using Tokens = std::vector<std::pair<std::string, std::int32_t>>;

Tokens tokens_of(const TokenizerModel& model, std::string_view piece) {
  std::vector<ModelToken> tokens;
  model.tokenize(piece, tokens);
  Tokens out;
  for (const ModelToken& token : tokens) out.emplace_back(token.range.of(piece), token.id);
  return out;
}

using Pieces = std::vector<std::pair<std::string, double>>;

json unigram(const json& vocab, const json& unk_id = 0, bool byte_fallback = false) {
  return {
      {"type", "Unigram"}, {"vocab", vocab}, {"unk_id", unk_id}, {"byte_fallback", byte_fallback}};
}

const Pieces kVocabulary = {{"<unk>", 0.0}, {"a", 0.0},  {"b", 0.0},   {"c", 0.0},    {"d", 0.0},
                            {"cd", 1.0},    {"ab", 2.0}, {"abc", 5.0}, {"abcd", 10.0}};

TEST(Unigram, TakesTheBestPathAndFusesUnknowns) {
  const auto model = make_unigram(unigram(kVocabulary));
  EXPECT_EQ(tokens_of(*model, "abcdacdxx"), (Tokens{{"abcd", 8}, {"a", 1}, {"cd", 5}, {"xx", 0}}));
  EXPECT_EQ(tokens_of(*model, "éxab"), (Tokens{{"éx", 0}, {"ab", 6}}));
  EXPECT_EQ(tokens_of(*model, ""), Tokens{});
}

TEST(Unigram, LooksAFusedRunUpOnceMore) {
  // The unknown token itself is the best way to write "u", twice …
  const auto model = make_unigram(unigram(Pieces{{"u", 9.0}, {"uu", 0.0}}));
  // … and the two of them together are another piece.
  EXPECT_EQ(tokens_of(*model, "uu"), (Tokens{{"uu", 1}}));
  EXPECT_EQ(tokens_of(*model, "uuu"), (Tokens{{"uuu", 0}}));
}

TEST(Unigram, ByteFallbackNeedsEveryByte) {
  Pieces vocabulary = kVocabulary;
  for (const char* byte : {"<0xC3>", "<0xA9>", "<0x78>"}) vocabulary.emplace_back(byte, -9.0);
  const auto model = make_unigram(unigram(vocabulary, 0, true));
  EXPECT_EQ(tokens_of(*model, "aéxa"),
            (Tokens{{"a", 1}, {"éx", 9}, {"éx", 10}, {"éx", 11}, {"a", 1}}));
  EXPECT_EQ(tokens_of(*model, "aèa"), (Tokens{{"a", 1}, {"è", 0}, {"a", 1}}));
}

TEST(Unigram, TheLaterOfTwoEqualPiecesCounts) {
  const auto model = make_unigram(unigram(Pieces{{"<unk>", 0.0}, {"a", 1.0}, {"a", 2.0}}));
  EXPECT_EQ(tokens_of(*model, "a"), (Tokens{{"a", 2}}));
}

TEST(Unigram, WithoutUnknownTokenAnUnknownCharacterIsAnError) {
  const auto model = make_unigram(unigram(Pieces{{"a", -1.0}}, nullptr));
  EXPECT_EQ(tokens_of(*model, "aa"), (Tokens{{"a", 0}, {"a", 0}}));
  expect_error(
      ErrorCode::kInvalidArgument, [&] { tokens_of(*model, "aè"); }, "\"è\"", "unknown");
}

TEST(Unigram, LongPiecesAndLongTexts) {
  const std::string stem(300, 'a');
  const auto model = make_unigram(unigram(
      Pieces{{"<unk>", -5.0}, {"a", -1.0}, {stem + "b", -2.0}, {stem + "c", -2.0}, {stem, -3.0}}));
  EXPECT_EQ(tokens_of(*model, stem + "c"), (Tokens{{stem + "c", 3}}));
  std::string text;
  for (int i = 0; i < 100; ++i) text += stem;
  EXPECT_EQ(tokens_of(*model, text).size(), 100u);
}

TEST(Unigram, FindsEveryPieceOfALargeVocabulary) {
  Pieces vocabulary = {{"<unk>", -50.0}};
  for (int i = 0; i < 3000; ++i) {
    std::string piece;
    for (unsigned n = static_cast<unsigned>(i) * 7919u; n > 0; n /= 200) {
      piece += static_cast<char>(n % 127 + 1);
    }
    vocabulary.emplace_back(piece + "|", -1.0);
  }
  const auto model = make_unigram(unigram(vocabulary));
  for (std::size_t i = 0; i < vocabulary.size(); ++i) {
    const std::string& piece = vocabulary[i].first;
    const auto tokens = tokens_of(*model, piece);
    ASSERT_EQ(tokens.size(), 1u) << piece;
    EXPECT_EQ(vocabulary[static_cast<std::size_t>(tokens[0].second)].first, piece);
  }
}

TEST(Unigram, RefusesWhatContradictsItself) {
  const auto expect_corrupt = [](const json& component, const char* part) {
    expect_error(
        ErrorCode::kCorruptFile, [&] { make_unigram(component); }, part);
  };
  expect_corrupt(unigram(json::array()), "unk_id");
  expect_corrupt(unigram(kVocabulary, 9), "unk_id");
  expect_corrupt(unigram(kVocabulary, -1), "unk_id");
  expect_corrupt(unigram(kVocabulary, std::int64_t{1} << 40), "unk_id");
  expect_corrupt(unigram(Pieces{{"a", std::numeric_limits<double>::quiet_NaN()}}), "not finite");
  expect_corrupt(unigram(Pieces{{"a", -std::numeric_limits<double>::infinity()}}), "not finite");
  expect_corrupt(unigram(json::parse(R"([["a"]])")), "[piece, score]");
  expect_corrupt(unigram(json::parse(R"([["a", "b"]])")), "[piece, score]");
  expect_corrupt(unigram(json::parse("[[1, 1]]")), "[piece, score]");
  expect_corrupt({{"type", "Unigram"}}, "vocab");
  // An empty vocabulary without an unknown token is accepted, as the reference does.
  EXPECT_EQ(make_unigram(unigram(json::array(), nullptr))->vocabulary().size(), 0u);
}

}  // namespace
}  // namespace verdict::testing

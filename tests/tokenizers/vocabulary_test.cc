#include "verdict/tokenizers/vocabulary.h"

#include <gtest/gtest.h>

#include "verdict/base/strings.h"

namespace verdict::testing {
namespace {

TEST(Vocabulary, FindsTokensThatShareAnId) {
  Vocabulary vocabulary;
  vocabulary.add("first", 7);
  vocabulary.add("second", 7);
  vocabulary.add("third", 7);
  EXPECT_EQ(vocabulary.find("first"), 7);
  EXPECT_EQ(vocabulary.find("second"), 7);
  EXPECT_EQ(vocabulary.find("third"), 7);
  EXPECT_EQ(vocabulary.token(7), "third");
  EXPECT_EQ(vocabulary.size(), 3u);

  // A token that lost its id to another one may get a new one, and its old one again.
  vocabulary.add("first", 2);
  EXPECT_EQ(vocabulary.find("first"), 2);
  EXPECT_EQ(vocabulary.token(7), "third");
  vocabulary.add("second", 7);
  EXPECT_EQ(vocabulary.token(7), "second");
  EXPECT_EQ(vocabulary.find("third"), 7);
  EXPECT_EQ(vocabulary.size(), 3u);
}

TEST(Vocabulary, ReplacingForgetsTheEarlierId) {
  Vocabulary vocabulary;
  vocabulary.replace("token", 0);
  vocabulary.replace("token", 5);
  EXPECT_EQ(vocabulary.find("token"), 5);
  EXPECT_FALSE(vocabulary.token(0));
  EXPECT_EQ(vocabulary.id_limit(), 6u);

  vocabulary.add("token", 1);  // keeps the text of 5
  EXPECT_EQ(vocabulary.find("token"), 1);
  EXPECT_EQ(vocabulary.token(5), "token");
}

TEST(Vocabulary, GrowsBeyondWhatWasReserved) {
  constexpr int kTokens = 5000;
  Vocabulary vocabulary;
  vocabulary.reserve(10, 10);
  for (int i = 0; i < kTokens; ++i) vocabulary.add(concat("t", i % (kTokens / 2), "."), i / 2);
  EXPECT_EQ(vocabulary.size(), std::size_t{kTokens / 2});
  for (int i = kTokens / 2; i < kTokens; ++i) {
    EXPECT_EQ(vocabulary.find(concat("t", i - kTokens / 2, ".")), i / 2);
  }
  EXPECT_FALSE(vocabulary.find("t0"));
}

}  // namespace
}  // namespace verdict::testing

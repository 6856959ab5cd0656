#include "verdict/base/grapheme.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace verdict {
namespace {

std::vector<std::string> graphemes(std::string_view text) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = next_grapheme(text, at);
    parts.emplace_back(text.substr(at, end - at));
    at = end;
  }
  return parts;
}

using Parts = std::vector<std::string>;

// The rules of UAX #29 one after another.
TEST(Grapheme, LinesAndControls) {
  EXPECT_EQ(graphemes("a\r\nb"), (Parts{"a", "\r\n", "b"}));
  EXPECT_EQ(graphemes("\n\r"), (Parts{"\n", "\r"}));
  EXPECT_EQ(graphemes("\x01\u0301"), (Parts{"\x01", "\u0301"}));
  EXPECT_EQ(graphemes(std::string_view("\0x", 2)), (Parts{std::string(1, '\0'), "x"}));
  EXPECT_EQ(graphemes(""), Parts{});
}

TEST(Grapheme, MarksAndPrepends) {
  EXPECT_EQ(graphemes("e\u0301\u0328x"), (Parts{"e\u0301\u0328", "x"}));
  EXPECT_EQ(graphemes("\u0915\u0903\u0915"), (Parts{"\u0915\u0903", "\u0915"}));
  EXPECT_EQ(graphemes("\u06dd1"), (Parts{"\u06dd1"}));
  EXPECT_EQ(graphemes("a\U000e0061\U000e0001"), (Parts{"a\U000e0061", "\U000e0001"}));
}

TEST(Grapheme, Hangul) {
  EXPECT_EQ(graphemes("\u1100\u1161\u11a8\u1100"), (Parts{"\u1100\u1161\u11a8", "\u1100"}));
  EXPECT_EQ(graphemes("\uac00\u11a8"), (Parts{"\uac00\u11a8"}));
  EXPECT_EQ(graphemes("\uac01\u1161"), (Parts{"\uac01", "\u1161"}));
  EXPECT_EQ(graphemes("\u1161\u1100"), (Parts{"\u1161", "\u1100"}));
}

TEST(Grapheme, IndicConjuncts) {
  EXPECT_EQ(graphemes("\u0915\u094d\u0937"), (Parts{"\u0915\u094d\u0937"}));
  EXPECT_EQ(graphemes("\u0915\u094d\u200d\u0937"), (Parts{"\u0915\u094d\u200d\u0937"}));
  EXPECT_EQ(graphemes("\u0915\u094d\u200c\u0937"), (Parts{"\u0915\u094d\u200c", "\u0937"}));
  EXPECT_EQ(graphemes("\u0915\u0937"), (Parts{"\u0915", "\u0937"}));
}

TEST(Grapheme, Emoji) {
  const std::string family = "\U0001f468\u200d\U0001f469\u200d\U0001f467";
  EXPECT_EQ(graphemes(family + "a"), (Parts{family, "a"}));
  EXPECT_EQ(graphemes("\U0001f44b\U0001f3fd"), (Parts{"\U0001f44b\U0001f3fd"}));
  EXPECT_EQ(graphemes("a\u200d\U0001f469"), (Parts{"a\u200d", "\U0001f469"}));
  EXPECT_EQ(graphemes("\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7\U0001f1e9"),
            (Parts{"\U0001f1e9\U0001f1ea", "\U0001f1eb\U0001f1f7", "\U0001f1e9"}));
}

}  // namespace
}  // namespace verdict

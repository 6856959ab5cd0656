#include "verdict/tokenizers/normalizers/precompiled.h"

#include <gtest/gtest.h>

#include <map>

#include "support/errors.h"

namespace verdict::testing {
namespace {

/// A charsmap, laid out by hand: every node has a block of 256 units of its own.
std::string charsmap(const std::map<std::string, std::string>& rules) {
  std::vector<std::uint32_t> units(256, 0xff);
  std::string replacements;
  std::map<std::string, std::uint32_t> nodes{{"", 0}};  // prefix → its unit
  const auto block_of = [&](const std::string& prefix) {
    const std::uint32_t unit = nodes.at(prefix);
    if (const std::uint32_t offset = units[unit] >> 10) return unit ^ offset;
    const auto block = static_cast<std::uint32_t>(units.size());
    units.resize(units.size() + 256, 0xff);
    units[unit] |= (block ^ unit) << 10;
    return block;
  };
  units[0] = 0;
  for (const auto& [from, to] : rules) {
    for (std::size_t i = 0; i < from.size(); ++i) {
      const std::string prefix = from.substr(0, i + 1);
      if (nodes.contains(prefix)) continue;
      const auto byte = static_cast<unsigned char>(from[i]);
      const std::uint32_t unit = block_of(from.substr(0, i)) ^ byte;
      units[unit] = byte;
      nodes[prefix] = unit;
    }
    const std::uint32_t block = block_of(from);
    units[nodes[from]] |= 1u << 8;
    units[block] = 1u << 31 | static_cast<std::uint32_t>(replacements.size());
    replacements += to + '\0';
  }
  std::string bytes;
  const auto add = [&](std::uint32_t value) {
    for (int i = 0; i < 4; ++i) bytes += static_cast<char>(value >> 8 * i & 0xff);
  };
  add(static_cast<std::uint32_t>(4 * units.size()));
  for (const std::uint32_t unit : units) add(unit);
  return bytes + replacements;
}

struct Normalized {
  std::string text;
  std::vector<TextRange> origins;  // by character
};

Normalized normalize(const std::string& map, std::string_view text) {
  NormalizedText normalized(text, 0, true);
  Precompiled(map).normalize(normalized);
  Normalized out{normalized.text(), {}};
  for (std::size_t at = 0; at < out.text.size();) {
    const auto first = static_cast<std::uint32_t>(at);
    next_code_point(out.text, at);
    out.origins.push_back(normalized.origin({first, static_cast<std::uint32_t>(at)}));
  }
  return out;
}

using Origins = std::vector<TextRange>;

TEST(Precompiled, ReplacesGraphemesThenCharacters) {
  const std::string map = charsmap({{"™", "TM"}, {"e\u0301", "é"}, {"\x1e", ""}});
  EXPECT_EQ(normalize(map, "a™e\u0301").text, "aTMé");
  // The shortest prefix of the grapheme is replaced, and the rest of it is lost.
  EXPECT_EQ(normalize(map, "™\u0301x").text, "TMx");
  // A grapheme of six bytes or more goes by character.
  EXPECT_EQ(normalize(map, "™\u0301\u0301x").text, "TM\u0301\u0301x");
  EXPECT_EQ(normalize(map, "plain").text, "plain");
  EXPECT_EQ(normalize(map, "").text, "");
}

TEST(Precompiled, OriginsFollowTheReference) {
  const std::string map = charsmap({{"™", "TM"}, {"e\u0301", "é"}, {"\x1e", ""}});
  EXPECT_EQ(normalize(map, "™g").origins, (Origins{{0, 3}, {0, 3}, {3, 4}}));
  // The removal is counted to the character before, here an inserted one …
  EXPECT_EQ(normalize(map, "™\x1eg").origins, (Origins{{0, 3}, {3, 4}, {4, 5}}));
  // … and to none at the beginning.
  EXPECT_EQ(normalize(map, "\x1eg").origins, (Origins{{0, 1}}));
  EXPECT_EQ(normalize(map, "ae\u0301").origins, (Origins{{0, 1}, {1, 2}}));
}

TEST(Precompiled, LinesAreOneGrapheme) {
  EXPECT_EQ(normalize(charsmap({{"\r", " "}, {"\n", " "}}), "a\r\nb\n").text, "a b ");
  EXPECT_EQ(normalize(charsmap({{"\r\n", "n"}}), "a\r\nb\rc").text, "anb\rc");
}

TEST(Precompiled, RefusesHostileMaps) {
  const std::string map = charsmap({{"™", "TM"}, {"\x1e", ""}});
  for (std::size_t size = 0; size < map.size(); ++size) {
    // Cut within the trie it is refused; cut behind it, the text of a rule is missing or shorter.
    try {
      const Precompiled cut(map.substr(0, size));
      EXPECT_GE(size, map.size() - 4);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kCorruptFile) << size;
    }
  }
  for (std::size_t at = 0; at + 4 < map.size(); ++at) {
    std::string altered = map;
    altered[at] = static_cast<char>(~altered[at]);
    try {
      normalize(altered, "a™b\x1e™\u0301");
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kCorruptFile) << at;
    }
  }
  expect_error(
      ErrorCode::kCorruptFile,
      [] {
        make_precompiled({{"precompiled_charsmap", "AA=A"}});
      },
      "base64");
  expect_error(
      ErrorCode::kCorruptFile,
      [] {
        make_precompiled({{"type", "Precompiled"}});
      },
      "four bytes");
}

}  // namespace
}  // namespace verdict::testing

// The reference's answers of single components: components/*.jsonl, whose first rows are
// configurations and whose others are their results by text, and unicode_tables.json with the
// characters of Oniguruma's classes.
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "support/fixtures.h"
#include "support/tokenizers.h"
#include "verdict/tokenizers/decoders/decoder.h"
#include "verdict/tokenizers/normalizers/normalizer.h"
#include "verdict/tokenizers/normalizers/unicode_forms.h"
#include "verdict/tokenizers/pattern.h"
#include "verdict/tokenizers/pre_tokenizers/pre_tokenizer.h"

namespace verdict::testing {
namespace {

using nlohmann::json;

std::string components_path(const std::string& file) {
  return fixtures_path("tokenizers/components/" + file);
}

/// The rows of a file that are results, after `configure(row)` was called for the others.
template <typename Configure>
std::vector<json> results(const std::string& file, const Configure& configure) {
  std::vector<json> rows;
  for (json& row : read_lines(components_path(file))) {
    if (row.is_object()) {
      configure(row);
    } else {
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

TEST(Components, Normalizers) {
  std::map<int, std::pair<json, std::unique_ptr<Normalizer>>> normalizers;
  const auto rows = results("normalizers.jsonl", [&](const json& row) {
    // The tables of Precompiled are not in the file.
    if (to_text(row["spec"]).find("precompiled_charsmap_of") != std::string::npos) return;
    normalizers[row["c"]] = {row["spec"], make_normalizer(row["spec"])};
  });
  EXPECT_FALSE(rows.empty());
  for (const json& row : rows) {
    const auto found = normalizers.find(row[0]);
    if (found == normalizers.end()) continue;
    const std::string& original = texts().at(row[1]);
    NormalizedText text(original, 0, true);
    found->second.second->normalize(text);
    EXPECT_EQ(text.text(), row.size() == 3 ? row[2].get<std::string>() : original)
        << to_text(found->second.first) << " on text " << row[1];
  }
}

TEST(Components, PreTokenizers) {
  std::map<int, std::pair<json, std::unique_ptr<PreTokenizer>>> pre_tokenizers;
  const auto rows = results("pre_tokenizers.jsonl", [&](const json& row) {
    pre_tokenizers[row["c"]] = {row["spec"], make_pre_tokenizer(row["spec"])};
  });
  EXPECT_FALSE(rows.empty());
  for (const json& row : rows) {
    const auto& [spec, pre_tokenizer] = pre_tokenizers.at(row[0]);
    const std::string& original = texts().at(row[1]);
    const auto size = static_cast<std::uint32_t>(original.size());
    PreTokenizedText text{NormalizedText(original, 0, true), {}};
    if (size > 0) {
      text.pieces.push_back({0, size});
      pre_tokenizer->split(text);
      text.write_byte_level();
    }
    const auto code_points = [&](std::size_t byte) {
      return std::count_if(original.begin(), original.begin() + static_cast<std::ptrdiff_t>(byte),
                           is_code_point_start);
    };
    json offsets = json::array();
    json pieces = json::array();
    bool differ = false;
    for (const TextRange piece : text.pieces) {
      const TextRange origin = text.text.origin(piece);
      offsets.push_back(code_points(origin.first));
      offsets.push_back(code_points(origin.last));
      pieces.push_back(piece.of(text.text.text()));
      differ = differ || piece.of(text.text.text()) != origin.of(original);
    }
    EXPECT_EQ(offsets, row[2]) << to_text(spec) << " on text " << row[1];
    // The fourth item is there where the pieces are not what stands in the text.
    EXPECT_EQ(differ, row.size() == 4) << to_text(spec) << " on text " << row[1];
    if (row.size() == 4) {
      EXPECT_EQ(pieces, row[3]) << to_text(spec) << " on text " << row[1];
    }
  }
}

/// NFC or NFD of code points.
std::u32string form(const std::u32string& code_points, bool composed) {
  std::string original;
  for (const char32_t c : code_points) append_code_point(original, c);
  NormalizedText text(original, 0, true);
  UnicodeForm(false, composed).normalize(text);
  std::u32string out;
  for (std::size_t at = 0; at < text.text().size();) out += next_code_point(text.text(), at);
  return out;
}

TEST(Components, EveryDecompositionComposesAgain) {
  int compositions = 0;
  for (char32_t c = 0x80; c < 0x110000; ++c) {
    if (c >= 0xd800 && c < 0xe000) continue;
    std::u32string parts;
    decompose(c, false, [&](char32_t part) { parts += part; });
    if (parts.size() == 1 && parts[0] == c) continue;
    EXPECT_EQ(form({c}, false), parts) << std::hex << static_cast<std::uint32_t>(c);
    if (unicode::has(c, unicode::kChangesInNfc)) continue;
    ++compositions;
    EXPECT_EQ(form(parts, true), std::u32string{c}) << std::hex << static_cast<std::uint32_t>(c);
    EXPECT_EQ(form({c}, true), std::u32string{c}) << std::hex << static_cast<std::uint32_t>(c);
  }
  EXPECT_GT(compositions, 11'172);
}

TEST(Components, StartersComposeAsTheTablesSay) {
  EXPECT_EQ(form({0x1100, 0x1161, 0x11a8}, true), U"\uac01");
  EXPECT_EQ(form({0xac00, 0x11a8}, true), U"\uac01");
  EXPECT_EQ(form({0xac00, 0x11a7}, true), (std::u32string{0xac00, 0x11a7}));
  EXPECT_EQ(form({U'a', 0x1161}, true), (std::u32string{U'a', 0x1161}));
  // Letters that compose with each other in Unicode 16, which the reference's tables precede.
  const char32_t composite = unicode::compose(0x16d63, 0x16d67);
  EXPECT_EQ(form({0x16d63, 0x16d67}, true),
            composite == 0 ? std::u32string({0x16d63, 0x16d67}) : std::u32string{composite});
}

TEST(Components, Decoders) {
  std::map<int, std::pair<json, std::unique_ptr<Decoder>>> decoders;
  std::map<int, std::vector<std::string>> tokens;
  const auto rows = results("decoders.jsonl", [&](const json& row) {
    if (row.contains("t")) {
      tokens[row["t"]] = row["tokens"].get<std::vector<std::string>>();
    } else {
      decoders[row["c"]] = {row["spec"], make_decoder(row["spec"])};
    }
  });
  EXPECT_FALSE(rows.empty());
  for (const json& row : rows) {
    if (!row[2].is_string()) continue;  // a panic of the library
    std::vector<std::string> texts = tokens.at(row[1]);
    const auto& [spec, decoder] = decoders.at(row[0]);
    decoder->decode(texts);
    std::string text;
    for (const std::string& part : texts) text += part;
    EXPECT_EQ(text, row[2].get<std::string>()) << to_text(spec) << " on tokens " << row[1];
  }
}

TEST(Components, ClassesOfRegularExpressions) {
  const std::string path = components_path("unicode_tables.json");
  const json tables = parse_json(text_of(path), path);
  // Without surrogates, and without planes that hold nothing or nothing but ideographs.
  const auto is_left_out = [](std::size_t c) {
    return (c >= 0xd800 && c < 0xe000) || (c >= 0x20400 && c != 0xe0001 && c != 0xe0100);
  };
  std::string all;
  for (char32_t c = 0; c <= 0x10ffff; ++c) {
    if (!is_left_out(c)) append_code_point(all, c);
  }
  int tested = 0;
  for (const auto& [key, ranges] : tables.items()) {
    constexpr std::string_view kClass = "onig ";
    constexpr std::string_view kFold = "onig-icase single code points fully matching ";
    const bool folds = starts_with(key, kFold);
    if (!folds && !starts_with(key, kClass)) continue;
    ++tested;
    // Every code point that alone is a match.
    const std::string regex = key.substr(folds ? kFold.size() : kClass.size());
    std::vector<TextRange> matches;
    make_regex_pattern(regex)->find(all, matches);
    std::vector<bool> actual(0x110000);
    for (const TextRange match : matches) {
      std::size_t end = match.first;
      const char32_t c = next_code_point(all, end);
      if (end == match.last) actual[c] = true;  // not several code points, such as "st"
    }
    std::vector<bool> expected(0x110000);
    for (const json& range : ranges) {
      for (std::size_t c = range[0]; c <= range[1]; ++c) expected[c] = !is_left_out(c);
    }
    EXPECT_EQ(actual, expected) << regex;
  }
  EXPECT_GT(tested, 30);
}

}  // namespace
}  // namespace verdict::testing

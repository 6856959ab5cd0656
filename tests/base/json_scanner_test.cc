#include "verdict/base/json_scanner.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace verdict::testing {
namespace {

using nlohmann::json;

/// A value as a tree, read piece by piece.
json read(JsonScanner& scanner) {
  std::string room;
  json out;
  const char first = scanner.peek();
  if (first == '"') return std::string(scanner.string(room));
  if (scanner.at_number()) return json::parse(scanner.number());
  if (first == '[') {
    out = json::array();
    scanner.array([&] { out.push_back(read(scanner)); });
    return out;
  }
  if (first != '{') return json::parse(scanner.value());
  out = json::object();
  scanner.object([&](std::string_view key) {
    const std::string name(key);
    out[name] = read(scanner);
  });
  return out;
}

TEST(JsonScanner, ReadsWhatTheParserReads) {
  for (const char* text :
       {R"({"a": [1, -2.5e+3, 0, -0.1E-2], "b\n": {}, "c": [], "": "", "t": true, "n": null})",
        R"("\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00\u4F60é")", "[[[[ ]]] ]", "7", " \n[\t1\r]"}) {
    JsonScanner scanner(text);
    EXPECT_EQ(read(scanner), json::parse(text)) << text;
  }
}

TEST(JsonScanner, GivesTheTextOfValues) {
  JsonScanner scanner(R"([ {"a]\"": [1, "}"]} , "x,\\" ,12 , null])");
  std::vector<std::string> values;
  scanner.array([&] { values.emplace_back(scanner.value()); });
  EXPECT_EQ(values, (std::vector<std::string>{R"({"a]\"": [1, "}"]})", R"("x,\\")", "12", "null"}));
}

TEST(JsonScanner, RefusesWhatIsNoJson) {
  for (const char* text : {"\"",
                           "\"a",
                           "\"\\",
                           "\"\\x\"",
                           "\"\\u12\"",
                           "\"\\u12g4\"",
                           "\"\\ud800\"",
                           "\"\\udc00\"",
                           "\"\\ud800\\u0041\"",
                           "\"\n\"",
                           "01",
                           "-",
                           "1.",
                           ".5",
                           "1e",
                           "1e+",
                           "[1",
                           "[1,]",
                           "[1 2]",
                           "[,1]",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{a:1}",
                           "{\"a\":1",
                           ""}) {
    EXPECT_FALSE(json::accept(text)) << text;
    JsonScanner scanner(text);
    EXPECT_ANY_THROW({
      read(scanner);
      scanner.expect('\0');
    }) << text;
  }
}

}  // namespace
}  // namespace verdict::testing

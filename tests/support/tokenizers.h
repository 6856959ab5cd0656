#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "support/fixtures.h"
#include "verdict/base/json.h"

// The reference's fixtures of tokenizers.
namespace verdict::testing {

inline std::string tokenizers_path() { return fixtures_path("tokenizers"); }

inline std::string text_of(const std::string& path) { return read_text(*open_file(path)); }

/// The JSON lines of a file; none when it does not exist.
inline std::vector<nlohmann::json> read_lines(const std::string& path) {
  std::vector<nlohmann::json> rows;
  if (!std::filesystem::exists(path)) return rows;
  const std::string text = text_of(path);
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    if (end > at) rows.push_back(parse_json(std::string_view(text).substr(at, end - at), path));
    at = end + 1;
  }
  return rows;
}

/// The texts by index.
inline const std::map<std::int64_t, std::string>& texts() {
  static const auto all = [] {
    std::map<std::int64_t, std::string> out;
    const std::string path = tokenizers_path() + "/texts.json";
    const nlohmann::json file = parse_json(text_of(path), path);
    for (const nlohmann::json& text : file.at("texts")) out.emplace(text.at("i"), text.at("t"));
    return out;
  }();
  return all;
}

}  // namespace verdict::testing

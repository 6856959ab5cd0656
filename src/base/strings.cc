#include "verdict/base/strings.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

namespace verdict {

namespace internal {

std::string double_to_string(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  // The JSON library's shortest spelling: printf would bring its own arithmetic into WebAssembly.
  std::string text = nlohmann::json(value).dump();
  if (ends_with(text, ".0")) text.resize(text.size() - 2);
  return text;
}

}  // namespace internal

std::string shape_string(std::span<const std::int64_t> shape) {
  std::string out = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) out += concat(i == 0 ? "" : ", ", shape[i]);
  return out + "]";
}

std::vector<std::string_view> split_words(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    if (!word.empty()) words.push_back(word);
    text.remove_prefix(std::min(word.size() + 1, text.size()));
  }
  return words;
}

bool has_word(std::string_view text, std::string_view word) {
  return std::ranges::count(split_words(text), word) > 0;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  if (from.empty() || text.find(from) == std::string::npos) return;
  std::string out;
  std::size_t at = 0;
  for (std::size_t match; (match = text.find(from, at)) != std::string::npos;) {
    out.append(text, at, match - at).append(to);
    at = match + from.size();
  }
  text = std::move(out.append(text, at));
}

}  // namespace verdict

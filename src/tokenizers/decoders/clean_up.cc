#include "verdict/tokenizers/decoders/clean_up.h"

#include <array>
#include <string_view>
#include <utility>

#include "verdict/base/strings.h"
#include "verdict/tokenizers/decoders/decoder.h"

namespace verdict {

namespace {

using Replacement = std::pair<std::string_view, std::string_view>;

constexpr std::array<Replacement, 7> kFirst{{{" .", "."},
                                             {" ?", "?"},
                                             {" !", "!"},
                                             {" ,", ","},
                                             {" ' ", "'"},
                                             {" n't", "n't"},
                                             {" 'm", "'m"}}};
constexpr Replacement kDoNot{" do not", " don't"};
constexpr std::array<Replacement, 3> kLast{{{" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}}};

}  // namespace

void clean_up_token(std::string& token) {
  for (const auto& [from, to] : kFirst) replace_all(token, from, to);
  replace_all(token, kDoNot.first, kDoNot.second);
  for (const auto& [from, to] : kLast) replace_all(token, from, to);
}

std::string clean_up_tokenization(std::string text) {
  for (const auto& [from, to] : kFirst) replace_all(text, from, to);
  for (const auto& [from, to] : kLast) replace_all(text, from, to);
  return text;
}

}  // namespace verdict

#include "verdict/tokenizers/decoders/decoder.h"

#include <array>
#include <utility>

#include "verdict/base/strings.h"
#include "verdict/tokenizers/component.h"

namespace verdict {

namespace {

using nlohmann::json;
using namespace tokenizer_json;

using Replacement = std::pair<std::string_view, std::string_view>;

constexpr std::array<Replacement, 10> kCleanUp{{{" .", "."},
                                                {" ?", "?"},
                                                {" !", "!"},
                                                {" ,", ","},
                                                {" ' ", "'"},
                                                {" n't", "n't"},
                                                {" 'm", "'m"},
                                                {" 's", "'s"},
                                                {" 've", "'ve"},
                                                {" 're", "'re"}}};

/// The decoder's own list has one more.
constexpr Replacement kDoNot{" do not", " don't"};

void replace_all(std::string& text, const Replacement& replacement) {
  const auto& [from, to] = replacement;
  std::size_t at = 0;
  while ((at = text.find(from, at)) != std::string::npos) {
    text.replace(at, from.size(), to);
    at += to.size();
  }
}

class JoinDecoder final : public Decoder {
 public:
  std::string decode(std::span<const std::string_view> tokens) const override {
    std::string text;
    for (std::size_t i = 0; i < tokens.size(); ++i) text += concat(i == 0 ? "" : " ", tokens[i]);
    return text;
  }
};

class WordPieceDecoder final : public Decoder {
 public:
  WordPieceDecoder(std::string prefix, bool cleanup)
      : prefix_(std::move(prefix)), cleanup_(cleanup) {}

  std::string decode(std::span<const std::string_view> tokens) const override {
    std::string text;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      std::string token(tokens[i]);
      if (i > 0) {
        const bool continues = starts_with(token, prefix_);
        token = continues ? token.substr(prefix_.size()) : concat(" ", token);
      }
      // By token, as the reference does: a pattern over two tokens is left.
      if (cleanup_) {
        for (std::size_t k = 0; k < kCleanUp.size(); ++k) {
          if (k == 7) replace_all(token, kDoNot);
          replace_all(token, kCleanUp[k]);
        }
      }
      text += token;
    }
    return text;
  }

 private:
  std::string prefix_;
  bool cleanup_;
};

}  // namespace

std::unique_ptr<Decoder> make_decoder(const json& component) {
  if (component.is_null()) return std::make_unique<JoinDecoder>();
  const std::string type = type_of(component, "decoder");
  if (type == "WordPiece") {
    return std::make_unique<WordPieceDecoder>(get_string(component, "prefix", "##"),
                                              get_bool(component, "cleanup", true));
  }
  unsupported("decoder", type);
}

std::string clean_up_tokenization(std::string text) {
  for (const Replacement& replacement : kCleanUp) replace_all(text, replacement);
  return text;
}

}  // namespace verdict

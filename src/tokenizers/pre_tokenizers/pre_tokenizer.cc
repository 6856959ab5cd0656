#include "verdict/tokenizers/pre_tokenizers/pre_tokenizer.h"

#include <utility>

#include "verdict/base/strings.h"
#include "verdict/base/unicode.h"
#include "verdict/tokenizers/byte_level.h"
#include "verdict/tokenizers/component.h"
#include "verdict/tokenizers/pre_tokenizers/by_class.h"
#include "verdict/tokenizers/pre_tokenizers/byte_level.h"
#include "verdict/tokenizers/pre_tokenizers/fixed_length.h"
#include "verdict/tokenizers/pre_tokenizers/metaspace.h"
#include "verdict/tokenizers/pre_tokenizers/split.h"
#include "verdict/tokenizers/pre_tokenizers/unicode_scripts.h"

namespace verdict {

namespace {

using nlohmann::json;
using namespace tokenizer_json;

constexpr std::string_view kRoom = "pre_tokenizer";

class PreTokenizerSequence final : public PreTokenizer {
 public:
  explicit PreTokenizerSequence(std::vector<std::unique_ptr<PreTokenizer>> steps)
      : steps_(std::move(steps)) {}

  void split(PreTokenizedText& text) const override {
    for (const auto& step : steps_) {
      text.write_byte_level();
      step->split(text);
    }
  }

  bool needs_origins() const override {
    for (const auto& step : steps_) {
      if (step->needs_origins()) return true;
    }
    return false;
  }

 private:
  std::vector<std::unique_ptr<PreTokenizer>> steps_;
};

class PunctuationPattern final : public Pattern {
 public:
  void find(std::string_view text, std::vector<TextRange>& matches) const override {
    std::size_t at = 0;
    while (at < text.size()) {
      const auto first = static_cast<std::uint32_t>(at);
      if (!unicode::is_punctuation(next_code_point(text, at))) continue;
      matches.push_back({first, static_cast<std::uint32_t>(at)});
    }
  }
};

std::unique_ptr<PreTokenizer> make_metaspace(const json& component) {
  PrependScheme scheme =
      prepend_scheme_from_name(get_string(component, "prepend_scheme", "always"));
  if (!get_bool(component, "add_prefix_space", true)) {
    if (scheme != PrependScheme::kNever && component.contains("prepend_scheme")) {
      corrupt("Metaspace", "its add_prefix_space contradicts its prepend_scheme");
    }
    scheme = PrependScheme::kNever;
  }
  return std::make_unique<MetaspacePreTokenizer>(get_character(component, "replacement"), scheme,
                                                 get_bool(component, "split", true));
}

std::unique_ptr<PreTokenizer> make_split(const json& component) {
  return std::make_unique<SplitPreTokenizer>(
      make_pattern(component), split_behavior_from_name(get_string(component, "behavior", "")),
      get_bool(component, "invert", false));
}

std::unique_ptr<PreTokenizer> make(const json& component, int depth) {
  const std::string type = type_of(component, kRoom);
  if (type == "BertPreTokenizer") return std::make_unique<SplitByClass>(&bert_role);
  if (type == "ByteLevel") {
    return std::make_unique<ByteLevelPreTokenizer>(get_bool(component, "add_prefix_space", true),
                                                   get_bool(component, "use_regex", true));
  }
  if (type == "PythonBert") {  // of classes that have no tokenizer.json
    return std::make_unique<SplitByClass>(&python_bert_role);
  }
  if (type == "Whitespace") return std::make_unique<SplitByClass>(&whitespace_role);
  if (type == "WhitespaceSplit") return std::make_unique<SplitByClass>(&whitespace_split_role);
  // The reference writes the one name and reads the other.
  if (type == "CharDelimiterSplit" || type == "Delimiter") {
    return std::make_unique<SplitPreTokenizer>(
        make_string_pattern(get_character(component, "delimiter")), SplitBehavior::kRemoved, false);
  }
  if (type == "Digits") {
    const bool individual = get_bool(component, "individual_digits", false);
    return std::make_unique<SplitByClass>(individual ? &individual_digits_role : &digits_role);
  }
  if (type == "FixedLength") {
    const std::int64_t length = get_integer(component, "length", 5);
    if (length < 1) corrupt(type, concat("its length is ", length));
    return std::make_unique<FixedLengthPreTokenizer>(static_cast<std::size_t>(length));
  }
  if (type == "Metaspace") return make_metaspace(component);
  if (type == "Punctuation") {
    return std::make_unique<SplitPreTokenizer>(
        std::make_unique<PunctuationPattern>(),
        split_behavior_from_name(get_string(component, "behavior", "Isolated")), false);
  }
  if (type == "Split") return make_split(component);
  if (type == "UnicodeScripts") return std::make_unique<UnicodeScriptsPreTokenizer>();
  if (type == "Sequence") {
    return std::make_unique<PreTokenizerSequence>(
        make_steps<PreTokenizer>(component, "pretokenizers", depth, &make));
  }
  unsupported(kRoom, type);
}

}  // namespace

void PreTokenizedText::write_byte_level() {
  if (!byte_level) return;
  byte_level = false;
  rebuild([&](TextRange piece, NormalizedText::Builder& builder) {
    for (std::uint32_t at = piece.first; at < piece.last; ++at) {
      builder.insert(byte_level::kCharacters[static_cast<unsigned char>(text.text()[at])],
                     text.origin_of_character(at));
    }
  });
}

std::unique_ptr<PreTokenizer> make_pre_tokenizer(const json& component) {
  return component.is_null() ? nullptr : make(component, 0);
}

}  // namespace verdict

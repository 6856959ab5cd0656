#include "verdict/tokenizers/pre_tokenizers/pre_tokenizer.h"

#include <utility>

#include "verdict/tokenizers/component.h"
#include "verdict/tokenizers/pre_tokenizers/by_class.h"

namespace verdict {

namespace {

using nlohmann::json;
using namespace tokenizer_json;

class PreTokenizerSequence final : public PreTokenizer {
 public:
  explicit PreTokenizerSequence(std::vector<std::unique_ptr<PreTokenizer>> steps)
      : steps_(std::move(steps)) {}
  void split(PreTokenizedText& text) const override {
    for (const auto& step : steps_) step->split(text);
  }

 private:
  std::vector<std::unique_ptr<PreTokenizer>> steps_;
};

}  // namespace

std::unique_ptr<PreTokenizer> make_pre_tokenizer(const json& component) {
  if (component.is_null()) return nullptr;
  const std::string type = type_of(component, "pre_tokenizer");
  if (type == "BertPreTokenizer") return std::make_unique<SplitByClass>(&bert_role);
  if (type == "Whitespace") return std::make_unique<SplitByClass>(&whitespace_role);
  if (type == "WhitespaceSplit") return std::make_unique<SplitByClass>(&whitespace_split_role);
  if (type == "Digits") {
    const bool individual = get_bool(component, "individual_digits", false);
    return std::make_unique<SplitByClass>(individual ? &individual_digits_role : &digits_role);
  }
  if (type == "Sequence") {
    std::vector<std::unique_ptr<PreTokenizer>> steps;
    for (const json& step : get_list(component, "pretokenizers")) {
      if (auto pre_tokenizer = make_pre_tokenizer(step)) steps.push_back(std::move(pre_tokenizer));
    }
    return std::make_unique<PreTokenizerSequence>(std::move(steps));
  }
  unsupported("pre_tokenizer", type);
}

}  // namespace verdict

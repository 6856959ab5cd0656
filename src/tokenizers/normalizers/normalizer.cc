#include "verdict/tokenizers/normalizers/normalizer.h"

#include <utility>
#include <vector>

#include "verdict/tokenizers/component.h"
#include "verdict/tokenizers/normalizers/bert.h"
#include "verdict/tokenizers/normalizers/precompiled.h"
#include "verdict/tokenizers/normalizers/unicode_forms.h"

namespace verdict {

namespace {

using nlohmann::json;
using namespace tokenizer_json;

class NormalizerSequence final : public Normalizer {
 public:
  explicit NormalizerSequence(std::vector<std::unique_ptr<Normalizer>> steps)
      : steps_(std::move(steps)) {}
  void normalize(NormalizedText& text) const override {
    for (const auto& step : steps_) step->normalize(text);
  }

 private:
  std::vector<std::unique_ptr<Normalizer>> steps_;
};

std::unique_ptr<Normalizer> make_bert(const json& component) {
  BertNormalizerOptions options;
  options.clean_text = get_bool(component, "clean_text", true);
  options.handle_chinese_chars = get_bool(component, "handle_chinese_chars", true);
  options.lowercase = get_bool(component, "lowercase", true);
  options.strip_accents = get_bool(component, "strip_accents", options.lowercase);
  return std::make_unique<BertNormalizer>(options);
}

}  // namespace

std::unique_ptr<Normalizer> make_normalizer(const json& component) {
  if (component.is_null()) return nullptr;
  const std::string type = type_of(component, "normalizer");
  if (type == "BertNormalizer") return make_bert(component);
  if (type == "NFD") return std::make_unique<Nfd>();
  if (type == "StripAccents") return std::make_unique<StripAccents>();
  if (type == "Lowercase") return std::make_unique<Lowercase>();
  if (type == "Precompiled") return make_precompiled(component);
  if (type == "Sequence") {
    std::vector<std::unique_ptr<Normalizer>> steps;
    for (const json& step : get_list(component, "normalizers")) {
      if (auto normalizer = make_normalizer(step)) steps.push_back(std::move(normalizer));
    }
    return std::make_unique<NormalizerSequence>(std::move(steps));
  }
  unsupported("normalizer", type);
}

}  // namespace verdict

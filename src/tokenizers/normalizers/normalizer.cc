#include "verdict/tokenizers/normalizers/normalizer.h"

#include <utility>
#include <vector>

#include "verdict/tokenizers/byte_level.h"
#include "verdict/tokenizers/component.h"
#include "verdict/tokenizers/normalizers/bert.h"
#include "verdict/tokenizers/normalizers/nmt.h"
#include "verdict/tokenizers/normalizers/precompiled.h"
#include "verdict/tokenizers/normalizers/prepend.h"
#include "verdict/tokenizers/normalizers/python_bert.h"
#include "verdict/tokenizers/normalizers/replace.h"
#include "verdict/tokenizers/normalizers/strip.h"
#include "verdict/tokenizers/normalizers/unicode_forms.h"

namespace verdict {

namespace {

using nlohmann::json;
using namespace tokenizer_json;

constexpr std::string_view kRoom = "normalizer";

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

class ByteLevelNormalizer final : public Normalizer {
 public:
  void normalize(NormalizedText& text) const override { byte_level::to_characters(text); }
};

std::unique_ptr<Normalizer> make(const json& component, int depth) {
  const std::string type = type_of(component, kRoom);
  if (type == "BertNormalizer") return make_bert(component);
  if (type == "ByteLevel") return std::make_unique<ByteLevelNormalizer>();
  if (type == "Lowercase") return std::make_unique<Lowercase>();
  if (type == "NFC") return std::make_unique<UnicodeForm>(false, true);
  if (type == "NFD") return std::make_unique<UnicodeForm>(false, false);
  if (type == "NFKC") return std::make_unique<UnicodeForm>(true, true);
  if (type == "NFKD") return std::make_unique<UnicodeForm>(true, false);
  if (type == "Nmt") return std::make_unique<NmtNormalizer>();
  if (type == "Precompiled") return make_precompiled(component);
  if (type == "Prepend") {
    return std::make_unique<PrependNormalizer>(get_string(component, "prepend", ""));
  }
  if (type == "PythonBert") {  // of classes that have no tokenizer.json
    return std::make_unique<PythonBertNormalizer>(
        get_bool(component, "lowercase", true), get_bool(component, "handle_chinese_chars", true));
  }
  if (type == "Replace") {
    return std::make_unique<ReplaceNormalizer>(make_pattern(component),
                                               get_string(component, "content", ""));
  }
  if (type == "Strip") {
    return std::make_unique<StripNormalizer>(get_bool(component, "strip_left", true),
                                             get_bool(component, "strip_right", true));
  }
  if (type == "StripAccents") return std::make_unique<StripAccents>();
  if (type == "Sequence") {
    return std::make_unique<NormalizerSequence>(
        make_steps<Normalizer>(component, "normalizers", depth, &make));
  }
  unsupported(kRoom, type);
}

}  // namespace

std::unique_ptr<Normalizer> make_normalizer(const json& component) {
  return component.is_null() ? nullptr : make(component, 0);
}

}  // namespace verdict

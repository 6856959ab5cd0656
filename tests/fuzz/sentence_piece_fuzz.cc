// The number of a class, then a model of sentencepiece, by which a text is tokenized and decoded.
#include <array>

#include "fuzz.h"
#include "verdict/base/strings.h"
#include "verdict/tokenizers/auto_tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace verdict;
  constexpr std::array<std::string_view, 8> classes{
      "T5Tokenizer",      "LlamaTokenizer", "XLMRobertaTokenizer", "AlbertTokenizer",
      "PegasusTokenizer", "GemmaTokenizer", "DebertaV2Tokenizer",  "ReformerTokenizer"};
  if (size == 0) return 0;
  const std::string_view model = fuzz::as_text({data + 1, size - 1});
  const std::string config =
      concat("{\"tokenizer_class\": \"", classes[data[0] % classes.size()], "\"}");
  fuzz::expect_answer([&] {
    const auto files = memory_files({{"spiece.model", fuzz::as_bytes(model)},
                                     {"tokenizer_config.json", fuzz::as_bytes(config)}},
                                    "fuzz");
    const auto tokenizer = AutoTokenizer::from_pretrained(*files);
    EncodeOptions options;
    options.return_offsets = true;
    const std::string text =
        "H\u00e9llo <s>w\u00f6rld</s>! 1,2 \u4f60\u597d \u2122\u0301 e\u0301\r\n";
    fuzz::expect_answer([&] {
      const Encoding encoding = tokenizer->encode({text, text}, options);
      tokenizer->decode(encoding.ids, false);
    });
  });
  return 0;
}

// A tokenizer.json, then after a zero byte a text, which is tokenized, truncated and decoded.
#include "fuzz.h"
#include "verdict/tokenizers/auto_tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace verdict;
  const std::string_view input = fuzz::as_text({data, size});
  const std::size_t end = input.find('\0');
  const std::string text(end == std::string_view::npos ? "Héllo, wörld! 123 你好"
                                                       : input.substr(end + 1));
  fuzz::expect_answer([&] {
    const auto files =
        memory_files({{"tokenizer.json", fuzz::as_bytes(input.substr(0, end))}}, "fuzz");
    const auto tokenizer = AutoTokenizer::from_pretrained(*files);
    EncodeOptions options;
    options.return_offsets = true;
    fuzz::expect_answer([&] { tokenizer->encode({text, std::nullopt}, options); });
    options.truncation = {TruncationStrategy::kLongestFirst, 8, 1, Side::kRight};
    fuzz::expect_answer([&] {
      const Encoding encoding = tokenizer->encode({text, text}, options);
      tokenizer->decode(encoding.ids, false);
    });
  });
  return 0;
}

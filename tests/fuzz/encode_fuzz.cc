// The number of a tokenizer of the fixtures, a byte of options and a text, which is tokenized,
// padded and decoded. Every field has to have an entry a token, and every offset to lie within the
// text.
#include <algorithm>
#include <filesystem>

#include "fuzz.h"
#include "verdict/base/utf8.h"
#include "verdict/tokenizers/auto_tokenizer.h"

namespace {

using verdict::Encoding;
using verdict::PretrainedTokenizer;

std::vector<std::unique_ptr<PretrainedTokenizer>> load_tokenizers() {
  std::vector<std::string> folders;
  for (const auto& entry :
       std::filesystem::directory_iterator(VERDICT_ROOT "/tests/fixtures/tokenizers")) {
    if (std::filesystem::exists(entry.path() / "tokenizer.json")) folders.push_back(entry.path());
  }
  std::ranges::sort(folders);
  std::vector<std::unique_ptr<PretrainedTokenizer>> tokenizers;
  for (const std::string& folder : folders)
    tokenizers.push_back(verdict::AutoTokenizer::from_pretrained(folder));
  return tokenizers;
}

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const Encoding& encoding, std::size_t characters) {
  const std::size_t size = encoding.size();
  for (const auto field :
       {&Encoding::type_ids, &Encoding::attention_mask, &Encoding::special_tokens_mask,
        &Encoding::word_ids, &Encoding::sequence_ids}) {
    require((encoding.*field).size() == size);
  }
  require(encoding.offsets.size() == size);
  for (const auto& range : encoding.offsets)
    require(range.first <= range.last && range.last <= characters);
  for (const Encoding& window : encoding.overflowing) check(window, characters);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace verdict;
  static const auto tokenizers = load_tokenizers();
  if (size < 2) return 0;
  const PretrainedTokenizer& tokenizer = *tokenizers[data[0] % tokenizers.size()];
  const std::string text(fuzz::as_text({data + 2, size - 2}));
  const std::string read = find_invalid_utf8(text) ? replace_invalid_utf8(text) : text;
  const auto characters = static_cast<std::size_t>(
      std::ranges::count_if(read, [](char c) { return is_code_point_start(c); }));

  EncodeOptions options;
  options.return_offsets = (data[1] & 1) != 0;
  options.split_special_tokens = (data[1] & 2) != 0;
  options.use_word_cache = (data[1] & 4) != 0;
  if ((data[1] & 8) != 0) {
    options.truncation = {TruncationStrategy::kLongestFirst, data[1] >> 4, (data[1] >> 4) / 3,
                          (data[1] & 4) != 0 ? Side::kLeft : Side::kRight};
  }
  fuzz::expect_answer([&] {
    std::vector<Encoding> encodings{tokenizer.encode({text, std::nullopt}, options)};
    check(encodings.front(), characters);
    tokenizer.decode(encodings.front().ids, (data[1] & 2) != 0);
    encodings.push_back(tokenizer.encode({"a", text}, options));
    check(encodings.back(), std::max<std::size_t>(characters, 1));
    tokenizer.pad(encodings);
    require(encodings[0].size() == encodings[1].size());
  });
  return 0;
}

#include <nlohmann/json.hpp>

#include "verdict/base/error.h"
#include "verdict/base/json.h"
#include "verdict/cli/commands.h"
#include "verdict/cli/line_input.h"
#include "verdict/tokenizers/auto_tokenizer.h"
#include "verdict/tokenizers/tokenizer.h"

namespace verdict::cli {

namespace {

constexpr OptionSpec kOptions[] = {
    {"--no-special", "", "without the special tokens around a text"},
};

}  // namespace

const CommandSpec kTokenize{"verdict tokenize", "MODEL [options] < LINES",
                            "Tokenizes with the tokenizer in the folder MODEL, which needs no "
                            "weights. Reads JSON lines from\n"
                            "standard input: \"text\" or {\"text\": …, \"text_pair\": …}.",
                            kOptions,
                            "Prints exactly one line for each: {\"ids\": […], \"type_ids\": […]}, "
                            "or {\"error\": …} and exit\n"
                            "code 1 at the end."};

int tokenize(const Arguments& arguments) {
  // With the truncation and padding of tokenizer.json.
  const Tokenizer tokenizer(AutoTokenizer::from_pretrained(model_operand(arguments)));
  EncodeOptions options;
  options.add_special_tokens = !arguments.has("--no-special");
  bool failed = false;
  for_each_line([&](const std::string& line) {
    nlohmann::json out;
    try {
      const Encoding encoding = tokenizer.encode(parse_json_input(line), options);
      out = {{"ids", encoding.ids}, {"type_ids", encoding.type_ids}};
    } catch (const Error& error) {
      out = {{"error", error.what()}};
      failed = true;
    }
    write_out(to_text(out) + "\n");
  });
  return failed ? 1 : 0;
}

}  // namespace verdict::cli

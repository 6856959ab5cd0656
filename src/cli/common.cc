#include <cstdio>

#include "verdict/base/byte_source.h"
#include "verdict/base/error.h"
#include "verdict/base/strings.h"
#include "verdict/cli/commands.h"

namespace verdict::cli {

std::string model_operand(const Arguments& arguments, bool more_operands) {
  const auto& operands = arguments.operands();
  if (operands.empty()) throw UsageError("MODEL is missing: the folder of a model.");
  if (!more_operands && operands.size() > 1) {
    throw UsageError(concat("One MODEL was expected, but \"", operands[1], "\" follows."));
  }
  // A name is not looked up: throws for what is no folder.
  open_folder(operands.front());
  return operands.front();
}

FromPretrainedOptions model_options(const Arguments& arguments) {
  FromPretrainedOptions options;
  options.dtype = arguments.parsed("--dtype", "auto", [](const std::string& name) {
    compute_type_from_name(name);
    return name;
  });
  options.threads = static_cast<int>(arguments.integer("--threads", 0).value_or(0));
  return options;
}

void write_out(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) {
    throw Error(ErrorCode::kIo, "The output cannot be written.");
  }
}

void warn(std::string_view text) {
  std::fprintf(stderr, "%.*s\n", static_cast<int>(text.size()), text.data());
}

}  // namespace verdict::cli

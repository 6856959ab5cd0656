#include <cstdio>
#include <filesystem>
#include <system_error>

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
  const std::string& model = operands.front();
  std::error_code ignored;
  const bool is_file = std::filesystem::is_regular_file(model, ignored) ||
                       std::filesystem::is_regular_file(model + ".index", ignored);
  // A name is not looked up: throws for what is no folder.
  if (!is_file) open_folder(model);
  return model;
}

std::string model_folder(const std::string& model) {
  std::error_code ignored;
  if (std::filesystem::is_directory(model, ignored)) return model;
  const std::string folder = std::filesystem::path(model).parent_path().string();
  return folder.empty() ? "." : folder;
}

FromPretrainedOptions source_options(const Arguments& arguments) {
  FromPretrainedOptions options;
  options.from_tf = arguments.has(kFromTf.name);
  options.from_flax = arguments.has(kFromFlax.name);
  if (options.from_tf && options.from_flax)
    throw UsageError("The options --from-tf and --from-flax exclude each other.");
  if (const auto config = arguments.get(kConfig.name))
    options.config = AutoConfig::from_pretrained(*config);
  return options;
}

FromPretrainedOptions model_options(const Arguments& arguments) {
  FromPretrainedOptions options = source_options(arguments);
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

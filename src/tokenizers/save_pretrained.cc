#include <filesystem>
#include <span>
#include <system_error>

#include "verdict/base/error.h"
#include "verdict/base/file_writer.h"
#include "verdict/base/strings.h"
#include "verdict/tokenizers/pretrained_tokenizer.h"

namespace verdict {

void PretrainedTokenizer::save_pretrained(const std::string& folder) const {
  if (!parts_.source) {
    throw Error(ErrorCode::kUnsupported,
                "The tokenizer was loaded from files that the caller opened, so it cannot be "
                "saved. Copy those files, or load it from a folder or a name.");
  }
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    throw Error(ErrorCode::kIo,
                concat("The folder \"", folder, "\" cannot be created: ", error.message(), "."));
  }
  std::vector<std::unique_ptr<FileWriter>> written;
  const auto write = [&](const std::string& name, std::string_view text) {
    written.push_back(std::make_unique<FileWriter>(concat(folder, "/", name)));
    written.back()->write(std::as_bytes(std::span(text)));
  };
  for (const std::string& name : parts_.source->names) {
    write(name, read_text(*parts_.source->files->require(name)));
  }
  write("tokenizer_config.json", parts_.source->tokenizer_config_json);
  for (const auto& file : written) file->commit();
}

}  // namespace verdict

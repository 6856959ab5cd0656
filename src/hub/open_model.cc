#include <filesystem>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"
#include "verdict/hub/hub.h"

namespace verdict {

std::unique_ptr<FileSet> open_model(const std::string& name_or_path, const HubOptions& options) {
  std::error_code ignored;
  if (std::filesystem::is_directory(name_or_path, ignored)) {
    return open_folder(options.subfolder.empty() ? name_or_path
                                                 : concat(name_or_path, "/", options.subfolder));
  }
  throw Error(ErrorCode::kNotFound, concat("There is no folder \"", name_or_path, "\"."));
}

}  // namespace verdict

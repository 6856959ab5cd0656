#pragma once

#include <memory>
#include <string>

#include "verdict/base/byte_source.h"
#include "verdict/hub/hub_cache.h"

namespace verdict {

/// The files of a cached snapshot as they are there; what is not there is null. `reason` says in
/// messages why no server is asked.
std::unique_ptr<FileSet> open_snapshot(const CachedRepo& repo, const std::string& commit,
                                       const std::string& subfolder, const std::string& reason);

/// A file of the subfolder, as a path in the repository. Throws `kInvalidArgument` for a name that
/// could leave its folder.
std::string repo_path(const std::string& subfolder, const std::string& file);

}  // namespace verdict

#pragma once

#include <memory>
#include <string>

#include "verdict/base/byte_source.h"
#include "verdict/hub/download.h"
#include "verdict/hub/hub_cache.h"

namespace verdict {

/// A model on a server, and its place in the cache.
struct RemoteModel {
  std::string name;  ///< as the caller gave it
  std::string url;   ///< files lie at `<url>/<file>`
  std::string revision;
  std::string subfolder;
  CachedRepo repo;
};

/// Its files, fetched into the cache when they are opened (see `open_model`).
std::unique_ptr<FileSet> open_remote(RemoteModel model, Downloader downloader);

}  // namespace verdict

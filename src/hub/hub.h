#pragma once

#include <memory>
#include <string>

#include "verdict/base/byte_source.h"

namespace verdict {

/// Where a model's files come from; names and meaning as in the reference.
struct HubOptions {
  std::string cache_dir;          ///< empty: HF_HUB_CACHE, HF_HOME/hub or ~/.cache/huggingface/hub
  bool local_files_only = false;  ///< never ask a server
  std::string revision = "main";  ///< branch, tag or commit
  std::string subfolder;          ///< of the folder or repository
  std::string token;              ///< for private models; empty: HF_TOKEN
};

/// The files of a model: of a folder on disk, else from the hub's cache (the layout that Python's
/// huggingface_hub uses), else from the server (HF_ENDPOINT, by default the Hugging Face hub) into
/// that cache. Files are fetched when they are opened. Throws `kNotFound` for a name that is
/// neither a folder nor a possible model name, and in builds without the hub for every name that is
/// not cached.
std::unique_ptr<FileSet> open_model(const std::string& name_or_path,
                                    const HubOptions& options = {});

}  // namespace verdict

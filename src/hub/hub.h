#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "verdict/base/byte_source.h"

namespace verdict {

/// Where a model's files come from; names and meaning as in the reference.
struct HubOptions {
  std::string cache_dir;          ///< empty: HF_HUB_CACHE, HF_HOME/hub or ~/.cache/huggingface/hub
  bool local_files_only = false;  ///< never ask a server; HF_HUB_OFFLINE=1 means the same
  std::string revision = "main";  ///< branch, tag or commit
  std::string subfolder;          ///< of the folder or repository
  /// For private models; empty: HF_TOKEN or the file HF_HOME/token, which are sent to HF_ENDPOINT
  /// only. A token goes to no other host than the one that was asked first.
  std::string token;
};

/// The files of a model, opened (and, where needed, fetched) one by one when they are asked for:
///
/// 1. of a folder on disk;
/// 2. of a model name ("bert-base-cased", "org/name"): from the hub's cache on disk, shared with
///    Python's huggingface_hub, else from `HF_ENDPOINT/<name>/resolve/<revision>/<file>` into
///    that cache. A full commit that is cached is used without asking; for branches and tags each
///    file costs one HEAD request, which tells whether the cached one is current. When the server
///    cannot be reached or refuses, the cached snapshot is used as it stands;
/// 3. of an http(s) URL of a folder (files lie at `<URL>/<file>`): the same, cached under
///    `verdict-urls/` of the cache folder.
///
/// A file that the server does not have is null. Downloads are checked (length, and SHA-256 where
/// the server names it), resumed where they broke off, and safe between threads and processes.
///
/// Throws `kInvalidArgument` for a URL, revision or subfolder that cannot be one, `kNotFound` for
/// a name that is neither a folder nor a possible model name and for one that is not cached when no
/// server may be asked (in builds without VERDICT_HUB: always). Opening a file throws `kNetwork`
/// when the server cannot be reached or answers badly, `kNotFound` for an unknown model or
/// revision, `kCorruptFile` for a wrong hash, `kIo` when the cache folder cannot be written.
std::unique_ptr<FileSet> open_model(const std::string& name_or_path,
                                    const HubOptions& options = {});

/// Whether the text is an http or https address.
bool is_url(std::string_view text);

}  // namespace verdict

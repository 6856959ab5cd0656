#include <filesystem>
#include <utility>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"
#include "verdict/hub/hub.h"
#include "verdict/hub/hub_cache.h"
#include "verdict/hub/names.h"
#include "verdict/hub/settings.h"
#include "verdict/hub/snapshot_files.h"
#ifdef VERDICT_HUB
#include "verdict/hub/remote_files.h"
#endif

namespace verdict {

namespace {

#ifdef VERDICT_HUB
constexpr bool kFetches = true;
#else
constexpr bool kFetches = false;
#endif

/// The snapshot that the cache holds, when no server may be asked.
std::unique_ptr<FileSet> open_cached(const std::string& name, const CachedRepo& repo,
                                     const HubOptions& options) {
  const std::string reason =
      kFetches ? "no server is asked because of local_files_only or HF_HUB_OFFLINE"
               : "this build cannot fetch models; pass a folder, or configure a native build with "
                 "-DVERDICT_HUB=ON (libcurl)";
  const auto commit = repo.commit_of(options.revision);
  if (!commit || !repo.has_snapshot(*commit)) {
    throw Error(
        ErrorCode::kNotFound,
        concat("\"", name, "\" is neither a folder nor, with the revision \"", options.revision,
               "\", in the hub's cache \"", repo.root(), "\", and ", reason, "."));
  }
  return open_snapshot(repo, *commit, options.subfolder, reason);
}

}  // namespace

std::unique_ptr<FileSet> open_model(const std::string& name_or_path, const HubOptions& options) {
  if (!options.subfolder.empty()) check_relative_path("subfolder", options.subfolder);
  std::error_code ignored;
  if (std::filesystem::is_directory(name_or_path, ignored)) {
    return open_folder(options.subfolder.empty() ? name_or_path
                                                 : concat(name_or_path, "/", options.subfolder));
  }
  if (std::filesystem::exists(name_or_path, ignored)) {
    throw Error(ErrorCode::kNotFound,
                concat("\"", name_or_path, "\" is a file; pass the folder that holds it."));
  }
  const bool by_url = is_url(name_or_path);
  if (const std::string fault = repo_id_fault(name_or_path); !by_url && !fault.empty()) {
    throw Error(ErrorCode::kNotFound, concat("There is no folder \"", name_or_path,
                                             "\", and it cannot be a model's name: ", fault, "."));
  }
  check_relative_path("revision", options.revision);
  if (by_url && options.revision != HubOptions().revision) {
    throw Error(ErrorCode::kInvalidArgument,
                concat("The revision \"", options.revision, "\" was given with the URL \"",
                       name_or_path, "\", which names its files itself. Leave the option out."));
  }
  const HubSettings settings = hub_settings(options);
  const std::string url = by_url ? folder_url(name_or_path)
                                 : concat(settings.endpoint, "/", name_or_path, "/resolve/",
                                          percent_encoded(options.revision));
  const CachedRepo repo(settings.cache_root, by_url ? concat("verdict-urls/", short_hash(url))
                                                    : CachedRepo::folder_name(name_or_path));
#ifdef VERDICT_HUB
  if (!settings.offline) {
    const bool at_endpoint = url_origin(url) == url_origin(settings.endpoint);
    return open_remote({name_or_path, url, options.revision, options.subfolder, repo},
                       Downloader(curl_client(settings.head_timeout, settings.stall_timeout),
                                  at_endpoint ? settings.endpoint_token : settings.token));
  }
#endif
  return open_cached(name_or_path, repo, options);
}

}  // namespace verdict

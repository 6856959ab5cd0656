#include "verdict/hub/remote_files.h"

#include <mutex>
#include <optional>
#include <utility>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"
#include "verdict/hub/names.h"
#include "verdict/hub/snapshot_files.h"

namespace verdict {

namespace {

class RemoteFiles final : public FileSet {
 public:
  RemoteFiles(RemoteModel model, Downloader downloader)
      : model_(std::move(model)), downloader_(std::move(downloader)) {}

  const std::string& name() const override {
    const std::lock_guard lock(mutex_);
    return snapshot_ ? snapshot_->name() : model_.url;
  }

  std::unique_ptr<ByteSource> open(const std::string& name) const override {
    const std::lock_guard lock(mutex_);
    const std::string file = repo_path(model_.subfolder, name);
    if (is_commit(model_.revision)) {
      if (const auto path = model_.repo.find(model_.revision, file)) return open_file(*path);
      if (model_.repo.is_known_missing(model_.revision, file)) return nullptr;
    }
    const auto remote = look_up(file);
    if (snapshot_) return snapshot_->open(name);
    return remote ? open_file(store(*remote, file)) : nullptr;
  }

  bool contains(const std::string& name) const override {
    const std::lock_guard lock(mutex_);
    const std::string file = repo_path(model_.subfolder, name);
    if (is_commit(model_.revision)) {
      if (model_.repo.find(model_.revision, file)) return true;
      if (model_.repo.is_known_missing(model_.revision, file)) return false;
    }
    const auto remote = look_up(file);
    return snapshot_ ? snapshot_->contains(name) : remote.has_value();
  }

 private:
  /// What the server says of the file; nothing when it has none, or when the cached snapshot takes
  /// the server's place from here on.
  std::optional<RemoteFile> look_up(const std::string& file) const {
    if (snapshot_) return std::nullopt;
    RemoteLookup found = downloader_.look_up(concat(model_.url, "/", percent_encoded(file, "/")));
    if (found.trouble) {
      const auto commit = model_.repo.commit_of(model_.revision);
      // Files of the server and of an older snapshot are not mixed.
      if (reached_ || !commit || !model_.repo.has_snapshot(*commit)) {
        throw Error(
            found.trouble->code(),
            concat(found.trouble->what(), " \"", model_.name, "\" is no folder here, and \"",
                   model_.repo.root(), "\" holds no copy of it that could be used."));
      }
      snapshot_ = open_snapshot(model_.repo, *commit, model_.subfolder,
                                concat("in place of the server: ", found.trouble->what()));
      return std::nullopt;
    }
    reached_ = true;
    if (!found.commit.empty()) {
      if (!commit_.empty() && commit_ != found.commit) {
        throw Error(ErrorCode::kNetwork,
                    concat("\"", model_.name, "\" changed on the server while it was loaded (from ",
                           commit_, " to ", found.commit, "). Load it again."));
      }
      commit_ = found.commit;
      if (!found.file) model_.repo.note_missing(model_.revision, commit_, file);
    }
    return std::move(found.file);
  }

  /// The file in the cache, downloaded where it is not there; gives its path.
  std::string store(const RemoteFile& remote, const std::string& file) const {
    const CachedRepo& repo = model_.repo;
    // A server without commits gets a snapshot of its own, whose files may change.
    const bool fixed = !remote.commit.empty();
    const std::string commit = fixed ? remote.commit : short_hash(model_.url);
    auto path = repo.find(commit, file);
    if (!path || (!fixed && !repo.links_to(commit, file, remote.etag))) {
      const auto lock = repo.lock(remote.etag);
      if (!repo.has_blob(remote.etag, remote.size)) {
        downloader_.download(remote, repo.incomplete_path(remote.etag));
        repo.commit_blob(remote.etag);
      }
      path = repo.link(commit, file, remote.etag);
    }
    repo.write_ref(model_.revision, commit);
    return *path;
  }

  RemoteModel model_;
  mutable std::mutex mutex_;
  mutable Downloader downloader_;
  mutable std::unique_ptr<FileSet> snapshot_;
  mutable bool reached_ = false;
  mutable std::string commit_;
};

}  // namespace

std::unique_ptr<FileSet> open_remote(RemoteModel model, Downloader downloader) {
  return std::make_unique<RemoteFiles>(std::move(model), std::move(downloader));
}

}  // namespace verdict

#include "verdict/hub/snapshot_files.h"

#include <utility>

#include "verdict/base/strings.h"
#include "verdict/hub/names.h"

namespace verdict {

namespace {

class SnapshotFiles final : public FileSet {
 public:
  SnapshotFiles(CachedRepo repo, std::string commit, std::string subfolder,
                const std::string& reason)
      : repo_(std::move(repo)),
        commit_(std::move(commit)),
        subfolder_(std::move(subfolder)),
        name_(concat(repo_.snapshot_path(commit_), " (", reason, ")")) {}

  const std::string& name() const override { return name_; }

  std::unique_ptr<ByteSource> open(const std::string& name) const override {
    const auto path = repo_.find(commit_, repo_path(subfolder_, name));
    return path ? open_file(*path) : nullptr;
  }

 private:
  CachedRepo repo_;
  std::string commit_;
  std::string subfolder_;
  std::string name_;
};

}  // namespace

std::unique_ptr<FileSet> open_snapshot(const CachedRepo& repo, const std::string& commit,
                                       const std::string& subfolder, const std::string& reason) {
  return std::make_unique<SnapshotFiles>(repo, commit, subfolder, reason);
}

std::string repo_path(const std::string& subfolder, const std::string& file) {
  std::string path = subfolder.empty() ? file : concat(subfolder, "/", file);
  check_relative_path("file name", path);
  return path;
}

}  // namespace verdict

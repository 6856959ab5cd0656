#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace verdict {

/// Whether a revision is a full commit (40 hexadecimal digits), whose files never change.
bool is_commit(std::string_view revision);

/// One model in the hub's cache on disk, in the layout of Python's huggingface_hub:
///
///     <root>/models--org--name/refs/<revision>           the commit of a branch or tag
///                              snapshots/<commit>/<file>  relative symbolic links into blobs
///                              blobs/<etag>               contents
///                              blobs/<etag>.incomplete    while it is loaded
///                              .no_exist/<commit>/<file>  no such file on the server
///     <root>/.locks/models--org--name/<etag>.lock         held (flock) while a blob is written
///
/// Revisions and file names must have passed `check_relative_path`. What cannot be written throws
/// `kIo`.
class CachedRepo {
 public:
  /// Held while a blob is written, against other threads and processes, Python's too.
  class Lock {
   public:
    explicit Lock(const std::string& path);

   private:
    struct Close {
      void operator()(std::FILE* file) const { std::fclose(file); }
    };
    std::unique_ptr<std::FILE, Close> file_;
  };

  /// `folder` is the model's below the root.
  CachedRepo(std::string root, std::string folder);

  /// "models--org--name"
  static std::string folder_name(std::string_view repo_id);

  const std::string& root() const { return root_; }

  /// The commit that a revision was last known to be.
  std::optional<std::string> commit_of(const std::string& revision) const;
  bool has_snapshot(const std::string& commit) const;
  std::string snapshot_path(const std::string& commit) const;
  /// Path of a file that is there.
  std::optional<std::string> find(const std::string& commit, const std::string& file) const;
  bool is_known_missing(const std::string& commit, const std::string& file) const;
  /// Whether the snapshot's file is the blob of this name.
  bool links_to(const std::string& commit, const std::string& file, const std::string& etag) const;

  Lock lock(const std::string& etag) const;
  /// Whether the blob is there, and of this size where one is known.
  bool has_blob(const std::string& etag, std::optional<std::uint64_t> size) const;
  /// Path of the partial file of a blob; makes its folder.
  std::string incomplete_path(const std::string& etag) const;
  /// Makes the partial file the blob.
  void commit_blob(const std::string& etag) const;
  /// Makes the blob a file of the snapshot, in place of what stood there; gives its path.
  std::string link(const std::string& commit, const std::string& file,
                   const std::string& etag) const;
  void write_ref(const std::string& revision, const std::string& commit) const;
  /// Notes that the server has no such file. Of use, not needed: troubles are ignored.
  void note_missing(const std::string& revision, const std::string& commit,
                    const std::string& file) const;

 private:
  std::string blob_path(const std::string& etag) const;

  std::string root_;
  std::string folder_;
  std::string path_;
};

}  // namespace verdict

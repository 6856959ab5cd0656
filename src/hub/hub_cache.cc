#include "verdict/hub/hub_cache.h"

#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "verdict/base/byte_source.h"
#include "verdict/base/error.h"
#include "verdict/base/file_writer.h"
#include "verdict/base/strings.h"
#include "verdict/hub/names.h"

namespace verdict {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& path, const std::string& reason) {
  throw Error(ErrorCode::kIo,
              concat("The hub's cache cannot be written at \"", path, "\": ", reason,
                     ". Set HF_HOME or the option cache_dir to a folder that can be written."));
}

std::string last_error() { return std::strerror(errno); }

void make_parent(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error) fail(path.parent_path().string(), error.message());
}

bool is_file(const std::string& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

/// Whether the open file still is the one of this name: another process may have removed it.
bool is_same_file(int fd, const std::string& path) {
  struct stat opened {};
  struct stat named {};
  return fstat(fd, &opened) == 0 && stat(path.c_str(), &named) == 0 &&
         opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

}  // namespace

bool is_commit(std::string_view revision) {
  return revision.size() == 40 &&
         revision.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

CachedRepo::Lock::Lock(const std::string& path) {
  make_parent(path);
  do {
    file_.reset(std::fopen(path.c_str(), "ae"));
    if (file_ == nullptr) fail(path, last_error());
    while (flock(fileno(file_.get()), LOCK_EX) != 0) {
      if (errno != EINTR) fail(path, last_error());
    }
  } while (!is_same_file(fileno(file_.get()), path));
}

CachedRepo::CachedRepo(std::string root, std::string folder)
    : root_(std::move(root)), folder_(std::move(folder)), path_(concat(root_, "/", folder_)) {}

std::string CachedRepo::folder_name(std::string_view repo_id) {
  std::string name = "models--";
  for (const char c : repo_id) name += c == '/' ? "--" : std::string(1, c);
  return name;
}

std::optional<std::string> CachedRepo::commit_of(const std::string& revision) const {
  if (is_commit(revision)) return revision;
  const std::string path = concat(path_, "/refs/", revision);
  if (!is_file(path)) return std::nullopt;
  std::string commit = trimmed(read_text(*open_file(path)));
  if (!is_plain_name(commit)) {
    throw Error(ErrorCode::kCorruptFile,
                concat("The file \"", path, "\" of the hub's cache names no commit. Remove it."));
  }
  return commit;
}

std::string CachedRepo::snapshot_path(const std::string& commit) const {
  return concat(path_, "/snapshots/", commit);
}

bool CachedRepo::has_snapshot(const std::string& commit) const {
  std::error_code ignored;
  return fs::is_directory(snapshot_path(commit), ignored);
}

std::optional<std::string> CachedRepo::find(const std::string& commit,
                                            const std::string& file) const {
  std::string path = concat(snapshot_path(commit), "/", file);
  return is_file(path) ? std::optional(std::move(path)) : std::nullopt;
}

bool CachedRepo::is_known_missing(const std::string& commit, const std::string& file) const {
  return is_file(concat(path_, "/.no_exist/", commit, "/", file));
}

bool CachedRepo::links_to(const std::string& commit, const std::string& file,
                          const std::string& etag) const {
  std::error_code error;
  const fs::path target = fs::read_symlink(concat(snapshot_path(commit), "/", file), error);
  return !error && target.filename() == etag;
}

CachedRepo::Lock CachedRepo::lock(const std::string& etag) const {
  return Lock(concat(root_, "/.locks/", folder_, "/", etag, ".lock"));
}

std::string CachedRepo::blob_path(const std::string& etag) const {
  return concat(path_, "/blobs/", etag);
}

bool CachedRepo::has_blob(const std::string& etag, std::optional<std::uint64_t> size) const {
  std::error_code error;
  const std::uint64_t found = fs::file_size(blob_path(etag), error);
  return !error && (!size || *size == found);
}

std::string CachedRepo::incomplete_path(const std::string& etag) const {
  std::string path = blob_path(etag) + ".incomplete";
  make_parent(path);
  return path;
}

void CachedRepo::commit_blob(const std::string& etag) const {
  const std::string path = blob_path(etag);
  if (std::rename((path + ".incomplete").c_str(), path.c_str()) != 0) fail(path, last_error());
}

std::string CachedRepo::link(const std::string& commit, const std::string& file,
                             const std::string& etag) const {
  const fs::path path = concat(snapshot_path(commit), "/", file);
  make_parent(path);
  const std::string target =
      fs::path(blob_path(etag)).lexically_relative(path.parent_path()).string();
  // A name of its own per process and thread, then one rename: no reader meets a missing file.
  const std::string temporary =
      concat(path.string(), ".", getpid(), ".", reinterpret_cast<std::uintptr_t>(&target));
  unlink(temporary.c_str());
  if (symlink(target.c_str(), temporary.c_str()) != 0) fail(temporary, last_error());
  if (std::rename(temporary.c_str(), path.c_str()) != 0) {
    const std::string reason = last_error();
    unlink(temporary.c_str());
    fail(path.string(), reason);
  }
  return path.string();
}

void CachedRepo::write_ref(const std::string& revision, const std::string& commit) const {
  if (revision == commit || commit_of(revision) == commit) return;
  const std::string path = concat(path_, "/refs/", revision);
  make_parent(path);
  FileWriter writer(path);
  writer.write(std::as_bytes(std::span(commit)));
  writer.commit();
}

void CachedRepo::note_missing(const std::string& revision, const std::string& commit,
                              const std::string& file) const {
  try {
    const std::string path = concat(path_, "/.no_exist/", commit, "/", file);
    if (!is_file(path)) {
      make_parent(path);
      FileWriter(path).commit();
    }
    write_ref(revision, commit);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kIo) throw;
  }
}

}  // namespace verdict

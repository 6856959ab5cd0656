#include "verdict/base/byte_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <utility>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"

namespace verdict {

void check_range(const ByteSource& source, std::uint64_t offset, std::size_t length) {
  if (offset > source.size() || length > source.size() - offset) {
    throw Error(ErrorCode::kCorruptFile,
                concat("\"", source.name(), "\" ends too early: it has ", source.size(),
                       " bytes, but bytes ", offset, " to ", offset + length,
                       " are needed. The file is truncated; get it again."));
  }
}

namespace {

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor() {
    if (fd_ >= 0) close(fd_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

class DiskFile final : public ByteSource {
 public:
  explicit DiskFile(const std::string& path)
      : name_(path), fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (fd_.get() < 0) {
      const bool missing = errno == ENOENT || errno == ENOTDIR;
      throw Error(missing ? ErrorCode::kNotFound : ErrorCode::kIo,
                  concat("The file \"", path, "\" cannot be opened: ", std::strerror(errno), "."));
    }
    struct stat status {};
    if (fstat(fd_.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
      throw Error(ErrorCode::kIo, concat("\"", path, "\" is not a regular file."));
    }
    size_ = static_cast<std::uint64_t>(status.st_size);
  }

  std::uint64_t size() const override { return size_; }
  const std::string& name() const override { return name_; }

  void read(std::uint64_t offset, std::span<std::byte> out) const override {
    check_range(*this, offset, out.size());
    std::size_t done = 0;
    while (done < out.size()) {
      const ssize_t n =
          pread(fd_.get(), out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0)
        throw Error(ErrorCode::kIo,
                    concat("Reading \"", name_, "\" failed: ", std::strerror(errno), "."));
      if (n == 0) {
        throw Error(ErrorCode::kCorruptFile,
                    concat("\"", name_, "\" became shorter while it was being read."));
      }
      done += static_cast<std::size_t>(n);
    }
  }

 private:
  std::string name_;
  FileDescriptor fd_;
  std::uint64_t size_ = 0;
};

class MemoryFile final : public ByteSource {
 public:
  MemoryFile(std::span<const std::byte> bytes, std::string name)
      : bytes_(bytes), name_(std::move(name)) {}
  MemoryFile(std::vector<std::byte> bytes, std::string name)
      : owned_(std::move(bytes)), bytes_(owned_), name_(std::move(name)) {}

  std::uint64_t size() const override { return bytes_.size(); }
  const std::string& name() const override { return name_; }

  void read(std::uint64_t offset, std::span<std::byte> out) const override {
    check_range(*this, offset, out.size());
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
  }
  const std::byte* memory() const override { return bytes_.data(); }

 private:
  std::vector<std::byte> owned_;
  std::span<const std::byte> bytes_;
  std::string name_;
};

class Folder final : public FileSet {
 public:
  explicit Folder(std::string path) : path_(std::move(path)) {
    struct stat status {};
    if (stat(path_.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
      throw Error(ErrorCode::kNotFound, concat("There is no folder \"", path_, "\"."));
    }
  }

  const std::string& name() const override { return path_; }

  std::unique_ptr<ByteSource> open(const std::string& name) const override {
    const std::string path = concat(path_, "/", name);
    struct stat status {};
    if (stat(path.c_str(), &status) != 0 && (errno == ENOENT || errno == ENOTDIR)) return nullptr;
    return open_file(path);
  }

 private:
  std::string path_;
};

class MemoryFiles final : public FileSet {
 public:
  MemoryFiles(std::vector<std::pair<std::string, std::vector<std::byte>>> files, std::string name)
      : name_(std::move(name)) {
    for (auto& [file, bytes] : files) files_.insert_or_assign(file, std::move(bytes));
  }

  const std::string& name() const override { return name_; }

  std::unique_ptr<ByteSource> open(const std::string& name) const override {
    const auto found = files_.find(name);
    if (found == files_.end()) return nullptr;
    return std::make_unique<MemoryFile>(std::span<const std::byte>(found->second), name);
  }

 private:
  std::string name_;
  std::map<std::string, std::vector<std::byte>> files_;
};

}  // namespace

std::unique_ptr<ByteSource> open_file(const std::string& path) {
  return std::make_unique<DiskFile>(path);
}

std::unique_ptr<ByteSource> memory_source(std::vector<std::byte> bytes, std::string name) {
  return std::make_unique<MemoryFile>(std::move(bytes), std::move(name));
}

std::string read_text(const ByteSource& source, std::uint64_t limit) {
  if (source.size() > limit) {
    throw Error(ErrorCode::kInvalidArgument,
                concat("\"", source.name(), "\" has ", source.size(),
                       " bytes; a text file of at most ", limit, " was expected."));
  }
  std::string text(static_cast<std::size_t>(source.size()), '\0');
  source.read(0, std::as_writable_bytes(std::span(text)));
  return text;
}

std::string_view view_text(const ByteSource& source, std::string& room) {
  if (const std::byte* bytes = source.memory()) {
    return {reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(source.size())};
  }
  return room = read_text(source);
}

std::unique_ptr<ByteSource> FileSet::require(const std::string& file) const {
  auto source = open(file);
  if (!source)
    throw Error(ErrorCode::kNotFound, concat("\"", name(), "\" has no file \"", file, "\"."));
  return source;
}

std::unique_ptr<FileSet> open_folder(const std::string& path) {
  return std::make_unique<Folder>(path);
}

std::unique_ptr<FileSet> memory_files(
    std::vector<std::pair<std::string, std::vector<std::byte>>> files, std::string name) {
  return std::make_unique<MemoryFiles>(std::move(files), std::move(name));
}

}  // namespace verdict

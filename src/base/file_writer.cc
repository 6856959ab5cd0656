#include "verdict/base/file_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <utility>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"

namespace verdict {

FileWriter::FileWriter(std::string path)
    : path_(std::move(path)),
      // Of its own also among the writers of one process.
      temporary_(
          concat(path_, ".", getpid(), ".", reinterpret_cast<std::uintptr_t>(this), ".tmp")) {
  // A rename would put a file in the place of a device.
  struct stat status {};
  if (stat(path_.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
    throw Error(ErrorCode::kIo, concat("\"", path_, "\" exists and is not a regular file."));
  }
  fd_ = open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd_ < 0) fail("be created");
}

FileWriter::~FileWriter() {
  if (fd_ >= 0) {
    close(fd_);
    unlink(temporary_.c_str());
  }
}

void FileWriter::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd_, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("be written");
    bytes = bytes.subspan(static_cast<std::size_t>(n));
    written_ += static_cast<std::uint64_t>(n);
  }
}

void FileWriter::start_sync() {
  // In large steps: a page that is filled up later would be written twice.
  constexpr std::uint64_t kStep = std::uint64_t{4} << 20;
  if (written_ - started_ < kStep) return;
#ifdef __linux__
  // An error shows up again in `sync`.
  sync_file_range(fd_, static_cast<off_t>(started_), static_cast<off_t>(written_ - started_),
                  SYNC_FILE_RANGE_WRITE);
#endif
  started_ = written_;
}

void FileWriter::sync() {
  if (fsync(fd_) != 0) fail("be written");
}

void FileWriter::commit() {
  if (close(std::exchange(fd_, -1)) != 0 || std::rename(temporary_.c_str(), path_.c_str()) != 0) {
    const int error = errno;
    unlink(temporary_.c_str());
    errno = error;
    fail("be written");
  }
}

void FileWriter::fail(const char* action) const {
  throw Error(ErrorCode::kIo,
              concat("The file \"", path_, "\" cannot ", action, ": ", std::strerror(errno), "."));
}

void sync_folder(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = fd >= 0 && fsync(fd) == 0;
  const int error = errno;
  if (fd >= 0) close(fd);
  if (!synced) {
    throw Error(ErrorCode::kIo,
                concat("The folder \"", path, "\" cannot be written: ", std::strerror(error), "."));
  }
}

}  // namespace verdict

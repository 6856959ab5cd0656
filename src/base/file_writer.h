#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace verdict {

/// Writes a file under a temporary name beside its place; `commit` renames it. A writer that is
/// destroyed without `commit` leaves nothing behind. Throws `kIo`.
class FileWriter {
 public:
  explicit FileWriter(std::string path);
  ~FileWriter();
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;

  void write(std::span<const std::byte> bytes);
  /// Lets the disk begin with what was written, where that can be asked for, so that `sync` waits
  /// for less.
  void start_sync();
  /// Waits until what was written is on the disk.
  void sync();
  void commit();

 private:
  [[noreturn]] void fail(const char* action) const;

  std::string path_;
  std::string temporary_;
  int fd_ = -1;
  std::uint64_t written_ = 0;
  std::uint64_t started_ = 0;  // of them, what the disk was told of
};

/// Waits until the names that a folder holds are on the disk. Throws `kIo`.
void sync_folder(const std::string& path);

}  // namespace verdict

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace verdict {

/// Random access to the bytes of one file, wherever it lies (disk, memory, a JavaScript host).
class ByteSource {
 public:
  virtual ~ByteSource() = default;

  virtual std::uint64_t size() const = 0;

  /// Fills `out` with the bytes from `offset` on. Throws `kCorruptFile` when the file ends before,
  /// `kIo` when it cannot be read. The name of the file stands in the message.
  virtual void read(std::uint64_t offset, std::span<std::byte> out) const = 0;

  /// All bytes of a file that lies in memory; null for another.
  virtual const std::byte* memory() const { return nullptr; }

  /// For messages: the path, URL or "<memory>".
  virtual const std::string& name() const = 0;
};

/// What `read` throws for bytes that a file does not have.
void check_range(const ByteSource& source, std::uint64_t offset, std::size_t length);

/// A file on disk, opened for reading. Throws `kNotFound` or `kIo`.
std::unique_ptr<ByteSource> open_file(const std::string& path);

/// Bytes in memory.
std::unique_ptr<ByteSource> memory_source(std::vector<std::byte> bytes,
                                          std::string name = "<memory>");

/// The whole content as text; refuses files over `limit` bytes with `kInvalidArgument`.
std::string read_text(const ByteSource& source, std::uint64_t limit = std::uint64_t{1} << 30);

/// `read_text` without a copy of what lies in memory: the text is in `room` or in the source.
std::string_view view_text(const ByteSource& source, std::string& room);

/// Named files of one model: a folder on disk, an uploaded set, a hub snapshot.
class FileSet {
 public:
  virtual ~FileSet() = default;

  /// The file, or null when there is none of that name. Other troubles throw.
  virtual std::unique_ptr<ByteSource> open(const std::string& name) const = 0;

  /// Whether there is a file of that name; where opening means fetching, it is not fetched.
  virtual bool contains(const std::string& name) const { return open(name) != nullptr; }

  /// For messages: the folder's path or the model's name.
  virtual const std::string& name() const = 0;

  /// `open`, but a missing file throws `kNotFound` with the folder's and the file's name.
  std::unique_ptr<ByteSource> require(const std::string& file) const;
};

/// The files of a folder on disk (not of its sub-folders). Throws `kNotFound` when it is no folder.
std::unique_ptr<FileSet> open_folder(const std::string& path);

/// Files in memory by name.
std::unique_ptr<FileSet> memory_files(
    std::vector<std::pair<std::string, std::vector<std::byte>>> files, std::string name);

}  // namespace verdict

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "verdict/base/byte_source.h"

// The lowest level of the reader of HDF5: checked bytes. "The specification" is "HDF5 File Format
// Specification Version 3.0" of the HDF Group.
namespace verdict::convert::hdf5 {

/// An address that stands for "none".
inline constexpr std::uint64_t kUndefined = UINT64_MAX;

/// A file of which addresses are checked before they are used.
///
/// In a sound file every structure is read once or twice. So all that is read, and all that is
/// copied out of it, may add up to three times the file's size and no more: cycles, structures that
/// overlap and structures that are named again and again come to an end there, and with them time
/// and memory.
class Bytes {
 public:
  explicit Bytes(const ByteSource& source);

  /// What the superblock tells: where addresses begin and how wide they and sizes are.
  void set_format(std::uint64_t base, std::size_t address_size, std::size_t length_size);
  std::size_t address_size() const { return address_size_; }
  std::size_t length_size() const { return length_size_; }

  std::uint64_t file_size() const { return source_.size(); }

  /// The position in the file of `size` bytes at an address. Throws when they are not in the file.
  std::uint64_t position(std::uint64_t address, std::uint64_t size, std::string_view what) const;

  /// A structure's bytes.
  std::vector<std::byte> read(std::uint64_t address, std::uint64_t size, std::string_view what);

  /// Raw data from a position, which is checked already.
  void read_data(std::uint64_t position, std::span<std::byte> out) const;

  /// Counts bytes that are copied out of structures.
  void charge(std::uint64_t bytes);

  [[noreturn]] void corrupt(std::string_view what) const;
  [[noreturn]] void corrupt(std::uint64_t position, std::string_view what) const;
  [[noreturn]] void unsupported(std::uint64_t position, std::string_view what) const;

 private:
  const ByteSource& source_;
  std::uint64_t base_ = 0;
  std::size_t address_size_ = 8;
  std::size_t length_size_ = 8;
  std::uint64_t budget_;
};

/// The fields of a structure one after another, little-endian. Reading past its end throws.
class Fields {
 public:
  /// `position` is that of `bytes` in the file, `what` the structure's name in messages.
  Fields(const Bytes& file, std::span<const std::byte> bytes, std::uint64_t position,
         std::string_view what)
      : file_(&file), bytes_(bytes), position_(position), what_(what) {}

  std::uint64_t number(std::size_t size);
  std::uint8_t byte() { return static_cast<std::uint8_t>(number(1)); }
  std::uint64_t address();
  std::uint64_t length() { return number(file_->length_size()); }
  std::span<const std::byte> take(std::uint64_t size);
  std::string_view text(std::uint64_t size);
  void skip(std::uint64_t size) { take(size); }
  /// Skips to a multiple of eight from the beginning.
  void align() { skip((8 - at_ % 8) % 8); }

  /// Reads the signature or throws.
  void signature(std::string_view expected);
  /// Reads a version and throws when it is not `expected`.
  void version(std::uint8_t expected);

  std::size_t left() const { return bytes_.size() - at_; }
  std::size_t at() const { return at_; }
  std::uint64_t position() const { return position_ + at_; }
  const Bytes& file() const { return *file_; }

  [[noreturn]] void corrupt(std::string_view why) const;
  [[noreturn]] void unsupported(std::string_view why) const;

 private:
  const Bytes* file_;
  std::span<const std::byte> bytes_;
  std::uint64_t position_;
  std::string_view what_;
  std::size_t at_ = 0;
};

/// Throws unless the last four bytes of a structure are the checksum of those before.
void check_checksum(const Bytes& file, std::span<const std::byte> bytes, std::uint64_t position,
                    std::string_view what);

/// Jenkins' lookup3, the checksum of structures.
std::uint32_t lookup3(std::span<const std::byte> bytes);

/// The checksum of the filter fletcher32.
std::uint32_t fletcher32(std::span<const std::byte> bytes);

/// Number of bytes that hold `limit`.
std::size_t bytes_for(std::uint64_t limit);

}  // namespace verdict::convert::hdf5

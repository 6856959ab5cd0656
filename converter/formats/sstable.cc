#include "verdict_convert/formats/sstable.h"

#include <snappy.h>

#include <algorithm>
#include <optional>
#include <string>

#include "verdict/base/checked.h"
#include "verdict/base/error.h"
#include "verdict/base/strings.h"
#include "verdict_convert/formats/crc32c.h"

namespace verdict::convert {

namespace {

constexpr std::uint64_t kFooterSize = 48;
constexpr std::size_t kHandlesSize = 40;   // of the footer; its magic number follows
constexpr std::uint64_t kTrailerSize = 5;  // behind a block: its type and its CRC
constexpr std::uint64_t kMagic = 0xdb4775248b80fb57;

/// Bounds for what compression may make of a file: Snappy's copies of 3 bytes give 64 at most, and
/// shared prefixes are short in tables that anybody writes.
constexpr std::uint64_t kMostSnappyRatio = 22;
constexpr std::uint64_t kSmallBlock = 16 << 20;
constexpr std::uint64_t kMostKeyRatio = 16;

struct Handle {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::uint64_t end() const { return offset + size + kTrailerSize; }
};

std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;)
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

class Table {
 public:
  Table(const ByteSource& source, const std::function<void(const TableEntry&)>& take)
      : source_(source),
        take_(take),
        key_bytes_left_(kSmallBlock + kMostKeyRatio * source.size()) {}

  void read() {
    const std::uint64_t size = source_.size();
    if (size < kFooterSize) corrupt(0, concat("it has ", size, " bytes, its footer alone has 48"));
    std::string footer(kFooterSize, '\0');
    source_.read(size - kFooterSize, std::as_writable_bytes(std::span(footer)));
    if (little_endian(std::string_view(footer).substr(kHandlesSize)) != kMagic)
      corrupt(size - 8, "the magic number of a table is missing");
    std::string_view handles = std::string_view(footer).substr(0, kHandlesSize);
    end_ = size - kFooterSize;
    at_ = end_;
    take_handle(handles);  // of the meta index, which nobody fills
    const Handle index = take_handle(handles);
    const std::string index_block = block(index);
    std::optional<std::string> last_separator;
    std::optional<std::string> last_key;
    std::uint64_t next = 0;
    entries(index_block, last_separator, [&](std::string_view, std::string_view value) {
      const Handle data = take_handle(value);
      // Blocks that overlapped would be read again and again.
      if (data.offset < next) fail("a block begins before the end of the one before");
      next = data.end();
      const std::uint64_t index_at = at_;
      const std::string bytes = block(data);
      entries(bytes, last_key, [&](std::string_view key, std::string_view stored) {
        if (key.size() > key_bytes_left_) fail("the keys are too long for a file of this size");
        key_bytes_left_ -= key.size();
        take_({key, stored, at_});
      });
      at_ = index_at;
    });
  }

 private:
  [[noreturn]] void corrupt(std::uint64_t position, std::string_view what) const {
    throw Error(ErrorCode::kCorruptFile,
                concat("\"", source_.name(), "\" is not a valid TensorFlow index: at byte ",
                       position, ", ", what, ". Get the file again."));
  }
  /// Of the block, or the footer, that is being read.
  [[noreturn]] void fail(std::string_view what) const { corrupt(at_, what); }

  /// A number of at most `bits` bits off the front.
  std::uint64_t take_varint(std::string_view& bytes, unsigned bits) const {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < bits; shift += 7) {
      if (bytes.empty()) fail("a number is cut off");
      const auto byte = static_cast<unsigned char>(bytes.front());
      bytes.remove_prefix(1);
      value |= std::uint64_t{byte & 0x7fu} << shift;
      if (byte < 0x80) return value;
    }
    fail("a number is too long");
  }

  Handle take_handle(std::string_view& bytes) const {
    Handle handle;
    handle.offset = take_varint(bytes, 64);
    handle.size = take_varint(bytes, 64);
    const auto data_end = checked_add(handle.offset, handle.size);
    const auto end = data_end ? checked_add(*data_end, kTrailerSize) : std::nullopt;
    if (!end || *end > end_) {
      fail(concat("a block of ", handle.size, " bytes at ", handle.offset,
                  " ends outside of the file's ", end_, " bytes of blocks"));
    }
    return handle;
  }

  /// The checked content of a block, whose position messages name from now on.
  std::string block(const Handle& handle) {
    at_ = handle.offset;
    std::string bytes(static_cast<std::size_t>(handle.size + kTrailerSize), '\0');
    source_.read(handle.offset, std::as_writable_bytes(std::span(bytes)));
    const auto size = static_cast<std::size_t>(handle.size);
    const auto checked = std::as_bytes(std::span(bytes)).first(size + 1);
    if (masked_crc(crc32c(checked)) != little_endian(std::string_view(bytes).substr(size + 1)))
      fail("the checksum of a block is wrong");
    const char type = bytes[size];
    bytes.resize(size);
    if (type == 0) return bytes;
    if (type != 1) {
      fail(concat("a block has the unknown compression ",
                  static_cast<unsigned>(static_cast<unsigned char>(type))));
    }
    std::size_t length = 0;
    if (!snappy::GetUncompressedLength(bytes.data(), bytes.size(), &length) ||
        length > kMostSnappyRatio * bytes.size() ||
        length > std::max(kSmallBlock, 2 * source_.size())) {
      fail("a block claims more bytes than Snappy can hold in it");
    }
    std::string plain(length, '\0');
    if (!snappy::RawUncompress(bytes.data(), bytes.size(), plain.data()))
      fail("a block is no valid Snappy stream");
    return plain;
  }

  /// Gives the entries of a block; `last` is the key of the entry before.
  template <typename Take>
  void entries(std::string_view bytes, std::optional<std::string>& last,
               const Take& take_entry) const {
    if (bytes.size() < 4) fail("a block is shorter than its restart count");
    const std::uint64_t restarts = little_endian(bytes.substr(bytes.size() - 4));
    if (restarts == 0 || restarts > (bytes.size() - 4) / 4)
      fail(concat("a block of ", bytes.size(), " bytes claims ", restarts, " restarts"));
    bytes.remove_suffix(4 + 4 * static_cast<std::size_t>(restarts));
    bool first = true;
    while (!bytes.empty()) {
      const auto shared = static_cast<std::size_t>(take_varint(bytes, 35));
      const auto unshared = static_cast<std::size_t>(take_varint(bytes, 35));
      const auto value = static_cast<std::size_t>(take_varint(bytes, 35));
      if (shared > (first ? 0 : last->size())) fail("a key shares more than there is before it");
      if (unshared > bytes.size() || value > bytes.size() - unshared)
        fail("an entry ends outside of its block");
      const std::string_view rest = bytes.substr(0, unshared);
      // What is shared is equal, so the rest decides the order.
      if (last && rest <= std::string_view(*last).substr(shared))
        fail("the keys are not in ascending order");
      if (!last) last.emplace();
      last->resize(shared);
      *last += rest;
      const std::string_view stored = bytes.substr(unshared, value);
      bytes.remove_prefix(unshared + value);
      take_entry(*last, stored);
      first = false;
    }
  }

  const ByteSource& source_;
  const std::function<void(const TableEntry&)>& take_;
  std::uint64_t key_bytes_left_;
  std::uint64_t end_ = 0;  // of the blocks: where the footer begins
  std::uint64_t at_ = 0;
};

}  // namespace

void read_table(const ByteSource& source, const std::function<void(const TableEntry&)>& take) {
  Table(source, take).read();
}

}  // namespace verdict::convert

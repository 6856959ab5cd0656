#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "verdict/base/byte_source.h"

namespace verdict {

/// What the central directory of a zip archive says of a member.
struct ZipMember {
  std::uint64_t begin = 0;  ///< of its local header
  std::uint64_t end = 0;    ///< where the next member or the directory begins
  std::uint64_t size = 0;   ///< of its data
  std::uint32_t crc = 0;    ///< of its data
  std::uint16_t flags = 0;
  std::uint16_t method = 0;
};

using ZipMembers = std::map<std::string, ZipMember, std::less<>>;

/// The members by name. Throws `kCorruptFile` for a directory that contradicts itself or the file:
/// members that overlap, lie outside of the file or stand there twice, several disks.
ZipMembers read_zip_directory(const ByteSource& file);

/// The first byte of a member's data, which follow its local header. Throws `kUnsupported` for a
/// compressed or encrypted member and `kCorruptFile` where the header denies the directory.
std::uint64_t find_zip_data(const ByteSource& file, std::string_view name, const ZipMember& member);

/// Throws `kCorruptFile` when these are not the member's data.
void check_zip_data(const ByteSource& file, std::string_view name, const ZipMember& member,
                    std::span<const std::byte> data);

/// A member's data. Throws `kUnsupported` when there are more than `limit` bytes.
std::string read_zip_member(const ByteSource& file, std::string_view name, const ZipMember& member,
                            std::uint64_t limit);

}  // namespace verdict

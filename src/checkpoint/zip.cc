#include "verdict/checkpoint/zip.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <utility>

#include "verdict/base/crc32.h"
#include "verdict/base/error.h"
#include "verdict/checkpoint/refusal.h"

// https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, sections 4.3 and 4.5.
namespace verdict {

namespace {

constexpr std::uint32_t kLocalHeader = 0x04034b50;
constexpr std::uint32_t kDirectoryEntry = 0x02014b50;
constexpr std::uint32_t kEndRecord = 0x06054b50;
constexpr std::uint32_t kEndRecord64 = 0x06064b50;
constexpr std::uint32_t kEndLocator64 = 0x07064b50;

constexpr std::size_t kLocalHeaderBytes = 30;
constexpr std::size_t kDirectoryEntryBytes = 46;
constexpr std::size_t kEndRecordBytes = 22;
constexpr std::size_t kEndRecord64Bytes = 56;
constexpr std::size_t kEndLocator64Bytes = 20;
constexpr std::uint16_t kExtra64 = 1;
constexpr std::uint16_t kEncrypted = 1;

[[noreturn]] void corrupt(const ByteSource& file, std::string_view what, std::string_view name = {},
                          std::uint64_t place = UINT64_MAX) {
  refuse(ErrorCode::kCorruptFile, file.name(), what, name, static_cast<std::int64_t>(place));
}

/// A number within bytes whose length the caller has checked.
template <typename T>
T number(std::string_view bytes, std::size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof(T));
  return value;
}

std::string read_bytes(const ByteSource& file, std::uint64_t offset, std::uint64_t size) {
  std::string bytes(static_cast<std::size_t>(size), '\0');
  file.read(offset, std::as_writable_bytes(std::span(bytes)));
  return bytes;
}

/// Where the central directory lies, and how many members it has.
struct Directory {
  std::uint64_t begin = 0;
  std::uint64_t size = 0;
  std::uint64_t count = 0;
};

Directory find_directory(const ByteSource& file) {
  const std::uint64_t tail_size =
      std::min<std::uint64_t>(file.size(), kEndRecordBytes + kEndLocator64Bytes + 0xffff);
  const std::uint64_t tail_begin = file.size() - tail_size;
  const std::string tail = read_bytes(file, tail_begin, tail_size);
  // The last record whose comment fills the rest of the file.
  std::size_t at = tail.size();
  for (std::size_t i = tail.size() - std::min(tail.size(), kEndRecordBytes - 1); i-- > 0;) {
    if (number<std::uint32_t>(tail, i) != kEndRecord) continue;
    if (i + kEndRecordBytes + number<std::uint16_t>(tail, i + 20) != tail.size()) continue;
    at = i;
    break;
  }
  if (at == tail.size())
    corrupt(file, "its end, as that of a zip archive, is missing; it may be truncated");

  std::uint64_t end = tail_begin + at;
  Directory directory{number<std::uint32_t>(tail, at + 16), number<std::uint32_t>(tail, at + 12),
                      number<std::uint16_t>(tail, at + 10)};
  bool one_disk = number<std::uint32_t>(tail, at + 4) == 0 &&
                  number<std::uint16_t>(tail, at + 8) == directory.count;
  const std::size_t locator = at - std::min(at, kEndLocator64Bytes);
  const std::uint64_t locator_at = tail_begin + locator;
  if (at >= kEndLocator64Bytes && number<std::uint32_t>(tail, locator) == kEndLocator64) {
    const auto record_at = number<std::uint64_t>(tail, locator + 8);
    if (end < kEndLocator64Bytes + kEndRecord64Bytes ||
        record_at > end - kEndLocator64Bytes - kEndRecord64Bytes) {
      corrupt(file, "its ZIP64 end record would lie outside of it", {}, locator_at);
    }
    const std::string record = read_bytes(file, record_at, kEndRecord64Bytes);
    if (number<std::uint32_t>(record, 0) != kEndRecord64)
      corrupt(file, "its ZIP64 end record is missing", {}, record_at);
    end = record_at;
    directory = {number<std::uint64_t>(record, 48), number<std::uint64_t>(record, 40),
                 number<std::uint64_t>(record, 32)};
    one_disk = number<std::uint64_t>(record, 16) == 0 &&
               number<std::uint64_t>(record, 24) == directory.count;
  }
  if (!one_disk) corrupt(file, "it is a part of an archive of several disks");
  if (directory.begin > end || directory.size > end - directory.begin ||
      directory.count > directory.size / kDirectoryEntryBytes) {
    corrupt(file, "its directory would not fit into it", {}, end);
  }
  return directory;
}

/// The numbers of 64 bits that stand in a member's extra field for those that are all ones.
std::string_view find_extra64(std::string_view extra) {
  while (extra.size() >= 4) {
    const std::size_t size =
        std::min<std::size_t>(number<std::uint16_t>(extra, 2), extra.size() - 4);
    if (number<std::uint16_t>(extra, 0) == kExtra64) return extra.substr(4, size);
    extra.remove_prefix(4 + size);
  }
  return {};
}

}  // namespace

ZipMembers read_zip_directory(const ByteSource& file) {
  const Directory directory = find_directory(file);
  const std::string bytes = read_bytes(file, directory.begin, directory.size);
  ZipMembers members;
  std::map<std::uint64_t, ZipMember*> by_place;
  std::string_view rest = bytes;
  for (std::uint64_t i = 0; i < directory.count; ++i) {
    const std::uint64_t place = directory.begin + bytes.size() - rest.size();
    if (rest.size() < kDirectoryEntryBytes || number<std::uint32_t>(rest, 0) != kDirectoryEntry)
      corrupt(file, "its directory ends before its last member", {}, place);
    const std::size_t name_size = number<std::uint16_t>(rest, 28);
    const std::size_t extra_size = number<std::uint16_t>(rest, 30);
    const std::size_t entry_size =
        kDirectoryEntryBytes + name_size + extra_size + number<std::uint16_t>(rest, 32);
    if (entry_size > rest.size()) corrupt(file, "its directory ends within a member", {}, place);
    const std::string_view name = rest.substr(kDirectoryEntryBytes, name_size);
    std::string_view extra =
        find_extra64(rest.substr(kDirectoryEntryBytes + name_size, extra_size));
    const auto wide = [&](std::uint64_t value) {
      if (value != 0xffffffff || extra.size() < 8) return value;
      value = number<std::uint64_t>(extra, 0);
      extra.remove_prefix(8);
      return value;
    };
    ZipMember member;
    member.size = wide(number<std::uint32_t>(rest, 24));
    const std::uint64_t packed_size = wide(number<std::uint32_t>(rest, 20));
    member.begin = wide(number<std::uint32_t>(rest, 42));
    member.crc = number<std::uint32_t>(rest, 16);
    member.flags = number<std::uint16_t>(rest, 8);
    member.method = number<std::uint16_t>(rest, 10);
    if (member.method == 0 && packed_size != member.size)
      corrupt(file, "its directory gives a member two sizes", name, place);
    const auto [entry, is_new] = members.try_emplace(std::string(name), member);
    if (!is_new) corrupt(file, "its directory has a member twice", name, place);
    if (!by_place.emplace(member.begin, &entry->second).second)
      corrupt(file, "its members overlap", name, place);
    rest.remove_prefix(entry_size);
  }
  std::uint64_t end = directory.begin;
  for (auto entry = by_place.rbegin(); entry != by_place.rend(); ++entry) {
    const auto [begin, member] = *entry;
    if (begin >= end) corrupt(file, "a member lies behind its directory", {}, begin);
    member->end = std::exchange(end, begin);
  }
  return members;
}

std::uint64_t find_zip_data(const ByteSource& file, std::string_view name,
                            const ZipMember& member) {
  if (member.method != 0 || (member.flags & kEncrypted) != 0) {
    refuse(
        ErrorCode::kUnsupported, file.name(),
        "a member is compressed or encrypted, as torch.save never writes it; save the model again",
        name, static_cast<std::int64_t>(member.begin));
  }
  const std::uint64_t room = member.end - member.begin;
  if (room >= kLocalHeaderBytes) {
    const std::string header = read_bytes(file, member.begin, kLocalHeaderBytes);
    const std::uint64_t before = kLocalHeaderBytes +
                                 std::uint64_t{number<std::uint16_t>(header, 26)} +
                                 number<std::uint16_t>(header, 28);
    if (number<std::uint32_t>(header, 0) == kLocalHeader && before <= room &&
        member.size <= room - before) {
      return member.begin + before;
    }
  }
  corrupt(file, "a member is not where the directory says", name, member.begin);
}

void check_zip_data(const ByteSource& file, std::string_view name, const ZipMember& member,
                    std::span<const std::byte> data) {
  if (crc32(data) != member.crc)
    corrupt(file, "the checksum of a member is wrong", name, member.begin);
}

std::string read_zip_member(const ByteSource& file, std::string_view name, const ZipMember& member,
                            std::uint64_t limit) {
  const std::uint64_t begin = find_zip_data(file, name, member);
  if (member.size > limit) {
    refuse(ErrorCode::kUnsupported, file.name(), "a member is too long to be read", name,
           static_cast<std::int64_t>(begin));
  }
  std::string data = read_bytes(file, begin, member.size);
  check_zip_data(file, name, member, std::as_bytes(std::span(data)));
  return data;
}

}  // namespace verdict

#include "verdict_convert/formats/msgpack.h"

#include <algorithm>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"

namespace verdict::convert {

namespace {

constexpr std::uint64_t kWindow = 4096;

}  // namespace

MsgpackReader::MsgpackReader(const ByteSource& source, std::uint64_t begin, std::uint64_t end,
                             std::string_view format)
    : source_(source), format_(format), at_(begin), end_(end) {}

std::uint8_t MsgpackReader::byte() {
  if (at_ == end_) corrupt(at_, "the bytes end within a value");
  if (at_ < window_at_ || at_ - window_at_ >= window_.size()) {
    window_.resize(static_cast<std::size_t>(std::min(kWindow, end_ - at_)));
    source_.read(at_, window_);
    window_at_ = at_;
  }
  return std::to_integer<std::uint8_t>(window_[static_cast<std::size_t>(at_++ - window_at_)]);
}

std::uint64_t MsgpackReader::big_endian(std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8 | byte();
  return value;
}

MsgpackReader::Value MsgpackReader::counted(Kind kind, std::uint64_t count,
                                            std::uint64_t values_each) {
  // A value takes a byte at least.
  if (count > (end_ - at_) / values_each)
    corrupt(at_, concat("a list of ", count, " values is longer than the file"));
  Value value;
  value.kind = kind;
  value.size = count;
  value.position = at_;
  return value;
}

MsgpackReader::Value MsgpackReader::sized(Kind kind, std::uint64_t size, std::int8_t type) {
  if (size > end_ - at_)
    corrupt(at_, concat("a value of ", size, " bytes is longer than the file"));
  Value value;
  value.kind = kind;
  value.size = size;
  value.type = type;
  value.position = at_;
  at_ += size;
  return value;
}

MsgpackReader::Value MsgpackReader::next() {
  const std::uint64_t begin = at_;
  const std::uint8_t first = byte();
  const auto extension = [&](std::uint64_t size) {
    const auto type = static_cast<std::int8_t>(byte());
    return sized(Kind::kExtension, size, type);
  };
  const auto width = [&](std::uint8_t smallest) { return std::size_t{1} << (first - smallest); };
  Value value;
  value.position = begin;
  if (first < 0x80 || first >= 0xe0) {
    value.kind = Kind::kInteger;
    value.is_negative = first >= 0xe0;
    value.number = value.is_negative ? 0 : first;
    return value;
  }
  if (first < 0x90) return counted(Kind::kMap, first & 0x0f, 2);
  if (first < 0xa0) return counted(Kind::kArray, first & 0x0f, 1);
  if (first < 0xc0) return sized(Kind::kString, first & 0x1f, 0);
  switch (first) {
    case 0xc0:
      return value;
    case 0xc2:
    case 0xc3:
      value.kind = Kind::kBoolean;
      value.number = first & 1;
      return value;
    case 0xc4:
    case 0xc5:
    case 0xc6:
      return sized(Kind::kBinary, big_endian(width(0xc4)), 0);
    case 0xc7:
    case 0xc8:
    case 0xc9:
      return extension(big_endian(width(0xc7)));
    case 0xca:
    case 0xcb:
      value.kind = Kind::kFloat;
      big_endian(width(0xca) * 4);
      return value;
    case 0xcc:
    case 0xcd:
    case 0xce:
    case 0xcf:
      value.kind = Kind::kInteger;
      value.number = big_endian(width(0xcc));
      return value;
    case 0xd0:
    case 0xd1:
    case 0xd2:
    case 0xd3: {
      value.kind = Kind::kInteger;
      const std::size_t size = width(0xd0);
      value.number = big_endian(size);
      value.is_negative = (value.number >> (8 * size - 1) & 1) != 0;
      return value;
    }
    case 0xd4:
    case 0xd5:
    case 0xd6:
    case 0xd7:
    case 0xd8:
      return extension(width(0xd4));
    case 0xd9:
    case 0xda:
    case 0xdb:
      return sized(Kind::kString, big_endian(width(0xd9)), 0);
    case 0xdc:
    case 0xdd:
      return counted(Kind::kArray, big_endian(width(0xdc) * 2), 1);
    case 0xde:
    case 0xdf:
      return counted(Kind::kMap, big_endian(width(0xde) * 2), 2);
    default:
      corrupt(begin, "a byte begins no value");
  }
}

MsgpackReader::Value MsgpackReader::expect(Kind kind, std::string_view what) {
  const Value value = next();
  if (value.kind != kind) corrupt(value.position, concat(what, " was expected"));
  return value;
}

std::string MsgpackReader::text(const Value& value, std::uint64_t most) const {
  if (value.size > most)
    corrupt(value.position,
            concat("a string has ", value.size, " bytes; at most ", most, " were expected"));
  std::string text(static_cast<std::size_t>(value.size), '\0');
  source_.read(value.position, std::as_writable_bytes(std::span(text)));
  return text;
}

void MsgpackReader::corrupt(std::uint64_t position, std::string_view what) const {
  throw Error(
      ErrorCode::kCorruptFile,
      concat(message(position, concat("is not a valid ", format_), what), " Get the file again."));
}

void MsgpackReader::unsupported(std::uint64_t position, std::string_view what) const {
  throw Error(ErrorCode::kUnsupported, message(position, "cannot be read", what));
}

std::string MsgpackReader::message(std::uint64_t position, std::string_view trouble,
                                   std::string_view what) const {
  return concat("\"", source_.name(), "\" ", trouble, ": at byte ", position, ", ", what, ".");
}

}  // namespace verdict::convert

#include "verdict_convert/formats/bundle_entry.h"

#include <bit>

#include "verdict/base/error.h"
#include "verdict/base/protobuf.h"
#include "verdict/base/strings.h"

namespace verdict::convert {

namespace {

using Field = ProtobufReader::Field;
using WireType = ProtobufReader::WireType;

std::int64_t as_signed(std::uint64_t value) { return static_cast<std::int64_t>(value); }

/// Whether the field is that number of that type; another type makes it an unknown field.
bool is(const Field& field, std::uint32_t number, WireType type) {
  return field.number == number && field.type == type;
}

/// A shape's axes into `entry`.
void parse_shape(std::string_view message, std::string_view name, BundleEntry& entry) {
  ProtobufReader shape(message, name);
  for (Field field; shape.next(field);) {
    if (is(field, 3, WireType::kVarint)) entry.unknown_rank = field.value != 0;
    if (!is(field, 2, WireType::kBytes)) continue;
    if (entry.shape.size() == kMostAxes) {
      throw Error(ErrorCode::kCorruptFile,
                  concat("\"", name, "\" holds a shape of more than ", kMostAxes, " axes."));
    }
    std::int64_t size = 0;
    ProtobufReader axis(field.bytes, name);
    for (Field part; axis.next(part);) {
      if (is(part, 1, WireType::kVarint)) size = as_signed(part.value);
    }
    entry.shape.push_back(size);
  }
}

void append_big_endian(std::string& out, std::uint64_t value, unsigned bytes) {
  for (unsigned i = bytes; i-- > 0;) out += static_cast<char>(value >> (8 * i) & 0xff);
}

void append_number(std::string& out, std::uint64_t value) {
  const auto bytes = static_cast<unsigned>(std::bit_width(value) + 7) / 8;
  out += static_cast<char>(bytes);
  append_big_endian(out, value, bytes);
}

/// A number of 7 n - 1 bits takes n bytes, whose first n bits are ones; negative numbers are the
/// complements of others.
void append_signed(std::string& out, std::int64_t value) {
  const std::uint64_t magnitude = static_cast<std::uint64_t>(value < 0 ? ~value : value);
  const auto bits = static_cast<unsigned>(std::bit_width(magnitude));
  const unsigned bytes = bits / 7 + 1;
  std::string code;
  append_big_endian(code, 0, bytes > 8 ? bytes - 8 : 0);
  append_big_endian(code, magnitude, bytes > 8 ? 8 : bytes);
  for (unsigned bit = 0; bit < bytes; ++bit) {
    char& byte = code[bit / 8];
    byte = static_cast<char>(static_cast<unsigned char>(byte) | 0x80u >> bit % 8);
  }
  for (const char byte : code) out += static_cast<char>(value < 0 ? ~byte : byte);
}

}  // namespace

BundleHeader parse_bundle_header(std::string_view message, std::string_view name) {
  BundleHeader header;
  ProtobufReader reader(message, name);
  for (Field field; reader.next(field);) {
    if (is(field, 1, WireType::kVarint)) header.num_shards = as_signed(field.value);
    if (is(field, 2, WireType::kVarint)) header.big_endian = field.value != 0;
    if (!is(field, 3, WireType::kBytes)) continue;
    ProtobufReader version(field.bytes, name);
    for (Field part; version.next(part);) {
      if (is(part, 2, WireType::kVarint)) header.min_consumer = as_signed(part.value);
    }
  }
  return header;
}

BundleEntry parse_bundle_entry(std::string_view message, std::string_view name) {
  BundleEntry entry;
  ProtobufReader reader(message, name);
  for (Field field; reader.next(field);) {
    if (is(field, 1, WireType::kVarint)) entry.dtype = as_signed(field.value);
    if (is(field, 2, WireType::kBytes)) parse_shape(field.bytes, name, entry);
    if (is(field, 3, WireType::kVarint)) entry.shard = as_signed(field.value);
    if (is(field, 4, WireType::kVarint)) entry.offset = as_signed(field.value);
    if (is(field, 5, WireType::kVarint)) entry.size = as_signed(field.value);
    if (is(field, 6, WireType::kFixed32)) entry.crc = static_cast<std::uint32_t>(field.value);
    if (is(field, 7, WireType::kBytes)) entry.slices.emplace_back(field.bytes);
  }
  return entry;
}

Slice parse_slice(std::string_view message, std::string_view name) {
  Slice slice;
  ProtobufReader reader(message, name);
  for (Field field; reader.next(field);) {
    if (!is(field, 1, WireType::kBytes)) continue;
    if (slice.size() == kMostAxes) {
      throw Error(ErrorCode::kCorruptFile,
                  concat("\"", name, "\" holds a slice of more than ", kMostAxes, " axes."));
    }
    SliceExtent extent;
    ProtobufReader part(field.bytes, name);
    for (Field number; part.next(number);) {
      if (is(number, 1, WireType::kVarint)) extent.start = as_signed(number.value);
      if (is(number, 2, WireType::kVarint)) extent.length = as_signed(number.value);
    }
    slice.push_back(extent);
  }
  return slice;
}

std::string slice_key(std::string_view variable, const Slice& slice) {
  std::string key;
  append_number(key, 0);
  for (const char c : variable) {
    key += c;
    if (c == '\0') key += '\xff';
    if (c == '\xff') key += '\0';
  }
  key += '\0';
  key += '\x01';
  append_number(key, slice.size());
  for (const SliceExtent& extent : slice) {
    append_signed(key, extent.start);
    append_signed(key, extent.length.value_or(-1));
  }
  return key;
}

}  // namespace verdict::convert

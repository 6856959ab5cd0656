#include "verdict/base/protobuf.h"

#include "verdict/base/error.h"
#include "verdict/base/strings.h"

namespace verdict {

void ProtobufReader::corrupt(std::string_view what) const {
  throw Error(ErrorCode::kCorruptFile,
              concat("\"", name_, "\" is not a valid protobuf: at byte ", at_, ", ", what, "."));
}

std::string_view ProtobufReader::take(std::uint64_t size) {
  if (size > bytes_.size() - at_) corrupt("a field is longer than the rest of the message");
  const std::string_view taken = bytes_.substr(at_, static_cast<std::size_t>(size));
  at_ += taken.size();
  return taken;
}

std::uint64_t ProtobufReader::read_varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const auto byte = static_cast<unsigned char>(take(1).front());
    value |= std::uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80) return value;
  }
  corrupt("a number has more than ten bytes");
}

std::uint64_t ProtobufReader::read_fixed(std::size_t size) {
  const std::string_view bytes = take(size);
  std::uint64_t value = 0;
  for (std::size_t i = size; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

bool ProtobufReader::next(Field& field) {
  if (at_ == bytes_.size()) return false;
  const std::uint64_t tag = read_varint();
  const std::uint64_t number = tag >> 3;
  if (number == 0 || number >= 1u << 29) corrupt("a field has no valid number");
  field = {static_cast<std::uint32_t>(number), static_cast<WireType>(tag & 7), 0, {}};
  switch (field.type) {
    case WireType::kVarint:
      field.value = read_varint();
      return true;
    case WireType::kFixed64:
      field.value = read_fixed(8);
      return true;
    case WireType::kBytes:
      field.bytes = take(read_varint());
      return true;
    case WireType::kFixed32:
      field.value = read_fixed(4);
      return true;
  }
  corrupt("a field has an unknown wire type");
}

}  // namespace verdict

#include "verdict_convert/formats/hdf5_bytes.h"

#include <bit>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"

namespace verdict::convert::hdf5 {

namespace {

/// For tiny files, whose structures are larger than their data.
constexpr std::uint64_t kLeastBudget = 1 << 16;

std::uint32_t load32(std::span<const std::byte> bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = std::min<std::size_t>(bytes.size(), 4); i-- > 0;)
    value = value << 8 | std::to_integer<std::uint32_t>(bytes[i]);
  return value;
}

}  // namespace

Bytes::Bytes(const ByteSource& source)
    : source_(source), budget_(3 * source.size() + kLeastBudget) {}

void Bytes::set_format(std::uint64_t base, std::size_t address_size, std::size_t length_size) {
  base_ = base;
  address_size_ = address_size;
  length_size_ = length_size;
}

std::uint64_t Bytes::position(std::uint64_t address, std::uint64_t size,
                              std::string_view what) const {
  const std::uint64_t room = source_.size() - base_;
  if (address > room || size > room - address) {
    corrupt(concat(what, " should lie at byte ", address, " with ", size,
                   " bytes, but the file has ", source_.size()));
  }
  return base_ + address;
}

std::vector<std::byte> Bytes::read(std::uint64_t address, std::uint64_t size,
                                   std::string_view what) {
  const std::uint64_t at = position(address, size, what);
  charge(size);
  std::vector<std::byte> bytes(static_cast<std::size_t>(size));
  source_.read(at, bytes);
  return bytes;
}

void Bytes::read_data(std::uint64_t position, std::span<std::byte> out) const {
  source_.read(position, out);
}

void Bytes::charge(std::uint64_t bytes) {
  if (bytes > budget_) {
    corrupt("its structures overlap or refer to each other in a circle");
  }
  budget_ -= bytes;
}

void Bytes::corrupt(std::string_view what) const {
  throw Error(
      ErrorCode::kCorruptFile,
      concat("\"", source_.name(), "\" is not a valid HDF5 file: ", what, ". Get the file again."));
}

void Bytes::corrupt(std::uint64_t position, std::string_view what) const {
  corrupt(concat("at byte ", position, ", ", what));
}

void Bytes::unsupported(std::uint64_t position, std::string_view what) const {
  throw Error(ErrorCode::kUnsupported,
              concat("\"", source_.name(), "\" cannot be read: at byte ", position, ", ", what,
                     ". Save the weights with Keras' save_weights."));
}

std::uint64_t Fields::number(std::size_t size) {
  const auto bytes = take(size);
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;)
    value = value << 8 | std::to_integer<std::uint64_t>(bytes[i]);
  return value;
}

std::uint64_t Fields::address() {
  const std::size_t size = file_->address_size();
  const std::uint64_t value = number(size);
  const std::uint64_t none = size < 8 ? (std::uint64_t{1} << 8 * size) - 1 : kUndefined;
  return value == none ? kUndefined : value;
}

std::span<const std::byte> Fields::take(std::uint64_t size) {
  if (size > left()) corrupt("ends within a field");
  const auto taken = bytes_.subspan(at_, static_cast<std::size_t>(size));
  at_ += taken.size();
  return taken;
}

std::string_view Fields::text(std::uint64_t size) {
  const auto bytes = take(size);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void Fields::signature(std::string_view expected) {
  const std::uint64_t at = position();
  if (text(expected.size()) != expected)
    file_->corrupt(at, concat(what_, " has no signature \"", expected, "\""));
}

void Fields::version(std::uint8_t expected) {
  const std::uint64_t at = position();
  if (const unsigned found = byte(); found != expected)
    file_->unsupported(
        at, concat(what_, " has version ", found, "; ", unsigned{expected}, " was expected"));
}

void Fields::corrupt(std::string_view why) const {
  file_->corrupt(position(), concat(what_, " ", why));
}

void Fields::unsupported(std::string_view why) const {
  file_->unsupported(position(), concat(what_, " ", why));
}

void check_checksum(const Bytes& file, std::span<const std::byte> bytes, std::uint64_t position,
                    std::string_view what) {
  const auto content = bytes.first(bytes.size() - 4);
  if (lookup3(content) != load32(bytes.last(4)))
    file.corrupt(position, concat(what, " has a wrong checksum"));
}

std::uint32_t lookup3(std::span<const std::byte> bytes) {
  std::uint32_t a = 0xdeadbeef + static_cast<std::uint32_t>(bytes.size());
  std::uint32_t b = a;
  std::uint32_t c = a;
  const auto add = [&](std::span<const std::byte> block) {
    a += load32(block);
    if (block.size() > 4) b += load32(block.subspan(4));
    if (block.size() > 8) c += load32(block.subspan(8));
  };
  while (bytes.size() > 12) {
    add(bytes.first(12));
    bytes = bytes.subspan(12);
    a = (a - c) ^ std::rotl(c, 4), c += b;
    b = (b - a) ^ std::rotl(a, 6), a += c;
    c = (c - b) ^ std::rotl(b, 8), b += a;
    a = (a - c) ^ std::rotl(c, 16), c += b;
    b = (b - a) ^ std::rotl(a, 19), a += c;
    c = (c - b) ^ std::rotl(b, 4), b += a;
  }
  if (bytes.empty()) return c;
  add(bytes);
  c = (c ^ b) - std::rotl(b, 14);
  a = (a ^ c) - std::rotl(c, 11);
  b = (b ^ a) - std::rotl(a, 25);
  c = (c ^ b) - std::rotl(b, 16);
  a = (a ^ c) - std::rotl(c, 4);
  b = (b ^ a) - std::rotl(a, 14);
  c = (c ^ b) - std::rotl(b, 24);
  return c;
}

std::uint32_t fletcher32(std::span<const std::byte> bytes) {
  std::uint32_t sum1 = 0;
  std::uint32_t sum2 = 0;
  const auto fold = [](std::uint32_t sum) { return (sum & 0xffff) + (sum >> 16); };
  for (std::size_t i = 0; i < bytes.size();) {
    // So many words cannot overflow the sums.
    for (std::size_t word = 0; word < 360 && i < bytes.size(); ++word, i += 2) {
      sum1 += std::to_integer<std::uint32_t>(bytes[i]) << 8;
      if (i + 1 < bytes.size()) sum1 += std::to_integer<std::uint32_t>(bytes[i + 1]);
      sum2 += sum1;
    }
    sum1 = fold(sum1);
    sum2 = fold(sum2);
  }
  return fold(sum2) << 16 | fold(sum1);
}

std::size_t bytes_for(std::uint64_t limit) {
  return static_cast<std::size_t>(std::bit_width(limit | 1) + 7) / 8;
}

}  // namespace verdict::convert::hdf5

#include "verdict/base/crc32.h"

#include <array>
#include <cstring>

#include "verdict/base/crc_fold.h"

namespace verdict {

namespace {

constexpr std::uint32_t kPolynomial = 0xedb88320;

/// Bytes that one step takes: `[k][b]` is the remainder of byte b followed by k zero bytes.
constexpr std::size_t kStep = 8;
using Tables = std::array<std::array<std::uint32_t, 256>, kStep>;

/// Made anew at every call, in microseconds: a constant would be downloaded.
Tables make_tables() {
  Tables tables;
  for (std::uint32_t b = 0; b < 256; ++b) {
    std::uint32_t remainder = b;
    for (int bit = 0; bit < 8; ++bit)
      remainder = remainder >> 1 ^ ((remainder & 1) != 0 ? kPolynomial : 0);
    tables[0][b] = remainder;
  }
  for (std::size_t k = 1; k < kStep; ++k) {
    for (std::size_t b = 0; b < 256; ++b)
      tables[k][b] = tables[k - 1][b] >> 8 ^ tables[0][tables[k - 1][b] & 0xff];
  }
  return tables;
}

std::uint32_t advance(const Tables& tables, std::uint32_t crc, std::span<const std::byte> bytes) {
  std::size_t at = 0;
  for (; bytes.size() - at >= kStep; at += kStep) {
    std::uint64_t word;
    std::memcpy(&word, bytes.data() + at, kStep);
    word ^= crc;
    crc = 0;
    for (std::size_t k = 0; k < kStep; ++k) crc ^= tables[kStep - 1 - k][word >> (8 * k) & 0xff];
  }
  for (; at < bytes.size(); ++at)
    crc = crc >> 8 ^ tables[0][(crc ^ std::to_integer<std::uint32_t>(bytes[at])) & 0xff];
  return crc;
}

}  // namespace

std::uint32_t crc32(std::span<const std::byte> bytes) {
  constexpr CrcFolder kFolder(kPolynomial);
  const Tables tables = make_tables();
  std::uint32_t crc = 0xffffffff;
  const FoldedCrc folded = kFolder.fold(crc, bytes);
  if (folded.taken > 0) crc = advance(tables, 0, folded.bytes);
  return ~advance(tables, crc, bytes.subspan(folded.taken));
}

}  // namespace verdict

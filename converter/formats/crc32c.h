#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace verdict::convert {

/// CRC-32C (Castagnoli) of bytes that follow others whose CRC is `before`.
std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t before = 0);

/// The same without the processor's instructions.
std::uint32_t portable_crc32c(std::span<const std::byte> bytes, std::uint32_t before = 0);

/// What TensorFlow and LevelDB store in place of a CRC.
constexpr std::uint32_t masked_crc(std::uint32_t crc) {
  return (crc >> 15 | crc << 17) + 0xa282ead8u;
}

}  // namespace verdict::convert

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace verdict {

/// What bytes become when a reflected CRC of 32 bits is taken many at a time.
struct FoldedCrc {
  std::size_t taken = 0;  ///< of the bytes; 0: the processor cannot, or they are few
  /// A CRC of 0 that takes these goes on as one that took the others.
  std::array<std::byte, 16> bytes;
};

/// Folds bytes that follow a CRC. `polynomial` has its highest power in bit 0.
class CrcFolder {
 public:
  constexpr explicit CrcFolder(std::uint32_t polynomial) {
    for (std::size_t i = 0; i < 2; ++i) {
      by_64_[i] = power(polynomial, 4 * 128 + (i == 0 ? 32 : -32));
      by_16_[i] = power(polynomial, 128 + (i == 0 ? 32 : -32));
    }
  }

#if defined(__x86_64__)
  FoldedCrc fold(std::uint32_t crc, std::span<const std::byte> bytes) const;
#else
  FoldedCrc fold(std::uint32_t, std::span<const std::byte>) const { return {}; }
#endif

 private:
  /// x to that power, modulo the polynomial.
  static constexpr std::uint64_t power(std::uint32_t polynomial, int exponent) {
    std::uint32_t value = 0x80000000;
    for (int i = 0; i < exponent; ++i) value = value >> 1 ^ ((value & 1) != 0 ? polynomial : 0);
    return std::uint64_t{value} << 1;  // as a product of reflected factors lies one bit too low
  }

  std::array<std::uint64_t, 2> by_64_{};
  std::array<std::uint64_t, 2> by_16_{};
};

}  // namespace verdict

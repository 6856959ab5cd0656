#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace verdict {

/// A running SHA-256 (FIPS 180-4), with which downloads are checked.
class Sha256 {
 public:
  void update(std::span<const std::byte> bytes);

  /// Lower-case hexadecimal of everything so far; the object must not be updated afterwards.
  std::string digest();

 private:
  void compress(const std::byte* block);

  std::array<std::uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<std::byte, 64> block_{};
  std::uint64_t size_ = 0;
};

}  // namespace verdict

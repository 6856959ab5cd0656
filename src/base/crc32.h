#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace verdict {

/// CRC-32 as zip archives have it.
std::uint32_t crc32(std::span<const std::byte> bytes);

}  // namespace verdict

#include "verdict/backends/xnnpack/weight_memory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <new>

#include "verdict/backends/xnnpack/aligned_buffer.h"

namespace verdict::testing {
namespace {

using xnnpack::AlignedBuffer;
using xnnpack::WeightMemory;

/// Small and large pieces, some beyond what is left of a chunk, one larger than a chunk.
TEST(WeightMemory, PiecesAreZeroedAlignedAndApart) {
  WeightMemory memory;
  std::vector<std::span<std::byte>> pieces;
  for (const std::size_t bytes : {0u, 1u, 64u, 1000u, 20'000'000u, 20'000'000u, 40'000'001u, 7u}) {
    const std::span<std::byte> piece = memory.take(bytes);
    ASSERT_EQ(piece.size(), bytes);
    EXPECT_EQ(std::bit_cast<std::uintptr_t>(piece.data()) % AlignedBuffer::kAlignment, 0u);
    // With the room behind it.
    const std::span<std::byte> all(piece.data(), bytes + AlignedBuffer::kOverread);
    EXPECT_TRUE(std::ranges::all_of(all, [](std::byte b) { return b == std::byte{0}; })) << bytes;
    std::ranges::fill(piece, static_cast<std::byte>(pieces.size() + 1));
    pieces.push_back(piece);
  }
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    EXPECT_EQ(std::ranges::count(pieces[i], static_cast<std::byte>(i + 1)),
              static_cast<std::ptrdiff_t>(pieces[i].size()));
  }
}

TEST(WeightMemory, RefusesWhatIsBeyondAllAddresses) {
  WeightMemory memory;
  EXPECT_THROW(memory.take(std::numeric_limits<std::uint64_t>::max()), std::bad_alloc);
  EXPECT_THROW(memory.take(std::numeric_limits<std::size_t>::max() - 1000), std::bad_alloc);
  EXPECT_EQ(memory.take(5).size(), 5u);
}

}  // namespace
}  // namespace verdict::testing

#include "verdict/backends/xnnpack/weight_memory.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>
#include <new>

#include "verdict/backends/xnnpack/aligned_buffer.h"
#include "verdict/backends/xnnpack/packing.h"

// Address sanitisers see what is read behind an allocation only where each is one of its own.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define VERDICT_ADDRESS_SANITIZER 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define VERDICT_ADDRESS_SANITIZER 1
#endif

#if defined(__linux__) && !defined(VERDICT_ADDRESS_SANITIZER)
#define VERDICT_HUGE_PAGES 1
#include <sys/mman.h>
#endif

namespace verdict::xnnpack {

namespace {

/// Huge pages begin at multiples of their size.
constexpr std::size_t kHugePage = std::size_t{2} << 20;

#if defined(VERDICT_HUGE_PAGES)
/// What nobody takes of a chunk is never touched, and needs no memory.
constexpr std::size_t kChunk = std::size_t{32} << 20;

std::span<std::byte> allocate(std::size_t bytes) {
  void* const mapped =
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  // Advice: where it is not followed, pages are small.
  madvise(mapped, bytes, MADV_HUGEPAGE);
  return {static_cast<std::byte*>(mapped), bytes};
}
void release(std::span<std::byte> chunk) { munmap(chunk.data(), chunk.size()); }
#else
constexpr std::size_t kChunk = 0;

std::span<std::byte> allocate(std::size_t bytes) {
  auto* const data = static_cast<std::byte*>(::operator new(bytes));
  std::memset(data, 0, bytes);
  return {data, bytes};
}
void release(std::span<std::byte> chunk) { ::operator delete(chunk.data()); }
#endif

}  // namespace

WeightMemory::~WeightMemory() {
  for (const std::span<std::byte> chunk : chunks_) release(chunk);
}

std::span<std::byte> WeightMemory::take(std::uint64_t bytes) {
  if (bytes > std::numeric_limits<std::size_t>::max() - 2 * kHugePage) throw std::bad_alloc();
  const auto size = static_cast<std::size_t>(bytes);
  const std::size_t needed = round_up(size + AlignedBuffer::kOverread, AlignedBuffer::kAlignment);
  if (needed > left_.size()) {
    constexpr std::size_t kStart = kChunk > 0 ? kHugePage : AlignedBuffer::kAlignment;
    chunks_.reserve(chunks_.size() + 1);
    chunks_.push_back(allocate(std::max(kChunk, needed) + kStart));
    void* start = chunks_.back().data();
    std::size_t usable = chunks_.back().size();
    std::align(kStart, needed, start, usable);
    left_ = chunks_.back().last(usable);
  }
  const std::span<std::byte> out = left_.first(size);
  left_ = left_.subspan(needed);
  return out;
}

}  // namespace verdict::xnnpack

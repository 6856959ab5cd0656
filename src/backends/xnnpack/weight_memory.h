#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace verdict::xnnpack {

/// Memory for the packed weights of a model, freed as a whole. A run reads all of it, and a short
/// text waits for that, so on Linux it has huge pages where the system gives them: fewer addresses
/// to translate.
class WeightMemory {
 public:
  WeightMemory() = default;
  WeightMemory(const WeightMemory&) = delete;
  WeightMemory& operator=(const WeightMemory&) = delete;
  ~WeightMemory();

  /// Zeroed bytes, aligned like an `AlignedBuffer` and with as much room behind them. Throws
  /// `std::bad_alloc`, also for a size that is beyond all addresses.
  std::span<std::byte> take(std::uint64_t bytes);

 private:
  std::vector<std::span<std::byte>> chunks_;
  std::span<std::byte> left_;  ///< of the last one
};

}  // namespace verdict::xnnpack

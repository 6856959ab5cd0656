#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "verdict/base/dtype.h"
#include "verdict_convert/formats/hdf5_bytes.h"
#include "verdict_convert/formats/hdf5_object.h"

namespace verdict::convert::hdf5 {

enum class Filter : std::uint16_t { kDeflate = 1, kShuffle = 2, kFletcher32 = 3 };

struct Chunk {
  std::uint64_t position = kUndefined;  ///< in the file; undefined: never written
  std::uint32_t size = 0;               ///< as stored
  std::uint32_t skipped_filters = 0;    ///< a bit for each of the dataset's filters
};

/// An array of floats.
struct Dataset {
  DType dtype = DType::kF32;
  bool big_endian = false;
  std::vector<std::int64_t> shape;
  std::uint64_t byte_size = 0;

  std::uint64_t position = 0;  ///< of the data, where they lie in one piece

  std::vector<std::int64_t> chunk_shape;  ///< empty: the data lie in one piece
  std::uint64_t chunk_bytes = 0;
  std::vector<Chunk> chunks;    ///< row-major
  std::vector<Filter> filters;  ///< in the order in which they were applied
  std::vector<std::byte> fill;  ///< an element of chunks that were never written; empty: zero
};

/// What the datasets of a file may add up to. A file without compression holds all of its data; for
/// the others there is a bound, far above what weights compress to, that stops bombs.
class DatasetLimits {
 public:
  explicit DatasetLimits(std::uint64_t file_size);

  /// Counts the bytes that a dataset takes in the file and in memory.
  void charge(const Bytes& file, std::uint64_t position, std::uint64_t stored, std::uint64_t bytes,
              bool is_compressed);

 private:
  std::uint64_t stored_;
  std::uint64_t plain_;
  std::uint64_t compressed_;
};

/// Throws when the object is no array of floats, its data lie outside of the file or in another
/// one, or it needs a filter or layout beyond the subset.
Dataset parse_dataset(Bytes& file, const Object& object, DatasetLimits& limits,
                      std::string_view name);

/// The elements, little-endian. Chunks are read and inflated one at a time.
void read_dataset(const Bytes& file, const Dataset& dataset, std::span<std::byte> out);

}  // namespace verdict::convert::hdf5

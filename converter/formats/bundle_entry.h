#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The messages of a TensorFlow bundle's index (tensorflow/core/protobuf/tensor_bundle.proto).
// `name` stands in messages; all of these throw `kCorruptFile` for bytes that are no such message.
namespace verdict::convert {

struct BundleHeader {
  std::int64_t num_shards = 0;
  bool big_endian = false;
  std::int64_t min_consumer = 0;
};

BundleHeader parse_bundle_header(std::string_view message, std::string_view name);

struct SliceExtent {
  std::int64_t start = 0;
  std::optional<std::int64_t> length;  ///< none: the whole axis
};

/// An extent for each axis.
using Slice = std::vector<SliceExtent>;

struct BundleEntry {
  std::int64_t dtype = 0;
  std::vector<std::int64_t> shape;
  bool unknown_rank = false;
  std::int64_t shard = 0;
  std::int64_t offset = 0;
  std::int64_t size = 0;
  std::uint32_t crc = 0;            ///< masked
  std::vector<std::string> slices;  ///< messages for `parse_slice`; empty: not partitioned
};

/// Tensors with more axes are taken for damage.
inline constexpr std::size_t kMostAxes = 32;

BundleEntry parse_bundle_entry(std::string_view message, std::string_view name);
Slice parse_slice(std::string_view message, std::string_view name);

/// The key under which the data of a variable's slice lie, in TensorFlow's ordered code.
std::string slice_key(std::string_view variable, const Slice& slice);

}  // namespace verdict::convert

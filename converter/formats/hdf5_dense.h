#pragma once

#include <cstdint>
#include <functional>

#include "verdict_convert/formats/hdf5_bytes.h"

namespace verdict::convert::hdf5 {

/// What a dense table holds.
enum class DenseKind : std::uint8_t { kLinks, kAttributes };

/// Calls `visit` for each message of a dense table: many links or attributes, which lie in a
/// fractal heap and are found through a B-tree of version 2.
void for_each_dense(Bytes& file, std::uint64_t heap, std::uint64_t tree, DenseKind kind,
                    const std::function<void(Fields)>& visit);

}  // namespace verdict::convert::hdf5

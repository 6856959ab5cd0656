#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "verdict/base/dtype.h"

namespace verdict {

/// A stored tensor: what a checkpoint tells of it before its data is read.
struct TensorInfo {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0;  ///< first byte in its file
  std::uint64_t end = 0;    ///< one past the last byte
  /// The name of a dtype that `DType` lacks, a constant; such a tensor cannot be read.
  std::string_view foreign_dtype = {};

  std::uint64_t byte_size() const { return end - begin; }
};

}  // namespace verdict

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "verdict/base/dtype.h"

namespace verdict {

/// A dense, row-major tensor that somebody else owns. `data` may be unaligned.
struct TensorView {
  DType dtype = DType::kF32;
  std::span<const std::int64_t> shape;
  std::span<const std::byte> data;
};

/// A dense, row-major tensor that owns its elements.
class Tensor {
 public:
  Tensor() = default;

  /// Zeros. Throws `kInvalidArgument` for a negative or overflowing shape.
  Tensor(DType dtype, std::vector<std::int64_t> shape);

  static Tensor from_f32(std::vector<std::int64_t> shape, std::span<const float> values);
  static Tensor from_i64(std::vector<std::int64_t> shape, std::span<const std::int64_t> values);

  DType dtype() const { return dtype_; }
  const std::vector<std::int64_t>& shape() const { return shape_; }
  std::size_t size() const { return data_.size() / dtype_size(dtype_); }  ///< number of elements
  std::span<const std::byte> bytes() const { return data_; }
  std::span<std::byte> bytes() { return data_; }
  TensorView view() const { return {dtype_, shape_, data_}; }

  /// The elements, typed. Throws `kInternal` when the dtype is another one.
  std::span<const float> f32() const;
  std::span<float> f32();
  std::span<const std::int64_t> i64() const;
  std::span<std::int64_t> i64();

 private:
  void require(DType dtype) const;

  DType dtype_ = DType::kF32;
  std::vector<std::int64_t> shape_{0};
  std::vector<std::byte> data_;
};

/// Copies of any numeric tensor as float32 / int64 (see `convert_to_f32`, `convert_to_i64`).
Tensor to_f32(const TensorView& tensor);
Tensor to_i64(const TensorView& tensor);

}  // namespace verdict

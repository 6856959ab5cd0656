#include "verdict/base/tensor.h"

#include <new>
#include <utility>

#include "verdict/base/checked.h"
#include "verdict/base/error.h"
#include "verdict/base/strings.h"

namespace verdict {

Tensor::Tensor(DType dtype, std::vector<std::int64_t> shape)
    : dtype_(dtype), shape_(std::move(shape)) {
  const auto count = element_count(shape_);
  const auto bytes =
      count ? checked_mul(*count, static_cast<std::int64_t>(dtype_size(dtype))) : std::nullopt;
  if (!bytes) {
    throw Error(ErrorCode::kInvalidArgument,
                concat("A tensor of shape ", shape_string(shape_),
                       " cannot be made: its size is negative or too large."));
  }
  if (static_cast<std::uint64_t>(*bytes) > data_.max_size()) throw std::bad_alloc();
  data_.resize(static_cast<std::size_t>(*bytes));
}

Tensor Tensor::from_f32(std::vector<std::int64_t> shape, std::span<const float> values) {
  Tensor tensor(DType::kF32, std::move(shape));
  convert_to_f32(DType::kF32, std::as_bytes(values), tensor.f32());
  return tensor;
}

Tensor Tensor::from_i64(std::vector<std::int64_t> shape, std::span<const std::int64_t> values) {
  Tensor tensor(DType::kI64, std::move(shape));
  convert_to_i64(DType::kI64, std::as_bytes(values), tensor.i64());
  return tensor;
}

void Tensor::require(DType dtype) const {
  if (dtype_ != dtype) {
    throw Error(ErrorCode::kInternal, concat("A tensor of ", dtype_name(dtype_), " was read as ",
                                             dtype_name(dtype), "."));
  }
}

std::span<const float> Tensor::f32() const {
  require(DType::kF32);
  return {reinterpret_cast<const float*>(data_.data()), size()};
}

std::span<float> Tensor::f32() {
  require(DType::kF32);
  return {reinterpret_cast<float*>(data_.data()), size()};
}

std::span<const std::int64_t> Tensor::i64() const {
  require(DType::kI64);
  return {reinterpret_cast<const std::int64_t*>(data_.data()), size()};
}

std::span<std::int64_t> Tensor::i64() {
  require(DType::kI64);
  return {reinterpret_cast<std::int64_t*>(data_.data()), size()};
}

Tensor to_f32(const TensorView& tensor) {
  Tensor out(DType::kF32, {tensor.shape.begin(), tensor.shape.end()});
  convert_to_f32(tensor.dtype, tensor.data, out.f32());
  return out;
}

Tensor to_i64(const TensorView& tensor) {
  Tensor out(DType::kI64, {tensor.shape.begin(), tensor.shape.end()});
  convert_to_i64(tensor.dtype, tensor.data, out.i64());
  return out;
}

}  // namespace verdict

#include "verdict_convert/name_map.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "verdict/base/checked.h"
#include "verdict/base/error.h"
#include "verdict/base/strings.h"

namespace verdict::convert {

namespace {

/// Copies a row-major array with its axes permuted: axis `i` of `out` is axis `permutation[i]` of
/// `in`.
void permute(std::span<const std::byte> in, std::span<std::byte> out,
             std::span<const std::int64_t> shape, std::span<const std::size_t> permutation,
             std::size_t element) {
  const std::size_t rank = shape.size();
  std::vector<std::size_t> stride(rank, element);
  for (std::size_t axis = rank - 1; axis > 0; --axis) {
    stride[axis - 1] = stride[axis] * static_cast<std::size_t>(shape[axis]);
  }
  std::vector<std::size_t> size(rank), step(rank), at(rank, 0);
  for (std::size_t axis = 0; axis < rank; ++axis) {
    size[axis] = static_cast<std::size_t>(shape[permutation[axis]]);
    step[axis] = stride[permutation[axis]];
  }
  // The last axis is a plain loop; the others count like the digits of a number.
  const std::size_t inner = size[rank - 1];
  const std::byte* from = in.data();
  for (std::size_t to = 0; to < out.size();) {
    const std::byte* source = from;
    for (std::size_t i = 0; i < inner; ++i, to += element, source += step[rank - 1]) {
      std::memcpy(out.data() + to, source, element);
    }
    for (std::size_t axis = rank - 1; axis-- > 0;) {
      from += step[axis];
      if (++at[axis] < size[axis]) break;
      from -= step[axis] * size[axis];
      at[axis] = 0;
    }
  }
}

class Mapped final : public CheckpointReader {
 public:
  Mapped(std::unique_ptr<CheckpointReader> stored, std::vector<MappedTensor> mapped)
      : stored_(std::move(stored)), mapped_(std::move(mapped)) {
    // In the order of the file, so that a tensor with several uses is read once.
    std::stable_sort(
        mapped_.begin(), mapped_.end(),
        [](const MappedTensor& a, const MappedTensor& b) { return a.stored < b.stored; });
    for (MappedTensor& tensor : mapped_) {
      const TensorInfo& source = stored_->tensors()[tensor.stored];
      if (!tensor.count && !source.shape.empty()) tensor.count = source.shape[0] - tensor.first;
      const auto elements = element_count(tensor.shape);
      const auto slice = element_count(sliced_shape(tensor));
      if (!elements || !slice || *elements != *slice ||
          (!source.shape.empty() && tensor.first + *tensor.count > source.shape[0])) {
        throw Error(ErrorCode::kInvalidArgument,
                    concat("The stored tensor \"", source.name, "\" has shape ",
                           shape_string(source.shape), ", which does not fit the parameter \"",
                           tensor.name, "\" of shape ", shape_string(tensor.shape), "."));
      }
      infos_.push_back({tensor.name, source.dtype, tensor.shape, 0,
                        static_cast<std::uint64_t>(*elements) * dtype_size(source.dtype)});
    }
  }

  std::span<const TensorInfo> tensors() const override { return infos_; }

  void read(std::size_t index, std::span<std::byte> out) const override {
    const MappedTensor& tensor = mapped_.at(index);
    const TensorInfo& source = stored_->tensors()[tensor.stored];
    if (tensor.permutation.empty() && out.size() == source.byte_size()) {
      stored_->read(tensor.stored, out);
      return;
    }
    if (held_ != tensor.stored) {
      held_.reset();
      bytes_.resize(static_cast<std::size_t>(source.byte_size()));
      stored_->read(tensor.stored, bytes_);
      held_ = tensor.stored;
    }
    const auto shape = sliced_shape(tensor);
    const std::size_t element = dtype_size(source.dtype);
    const std::size_t row = source.shape.empty() || source.shape[0] == 0
                                ? bytes_.size()
                                : bytes_.size() / static_cast<std::size_t>(source.shape[0]);
    const std::span<const std::byte> slice =
        std::span(bytes_).subspan(static_cast<std::size_t>(tensor.first) * row, out.size());
    if (tensor.permutation.empty()) {
      std::copy(slice.begin(), slice.end(), out.begin());
    } else {
      permute(slice, out, shape, tensor.permutation, element);
    }
    const bool again = index + 1 < mapped_.size() && mapped_[index + 1].stored == tensor.stored;
    if (!again) {
      held_.reset();
      bytes_ = {};
    }
  }

 private:
  std::vector<std::int64_t> sliced_shape(const MappedTensor& tensor) const {
    std::vector<std::int64_t> shape = stored_->tensors()[tensor.stored].shape;
    if (!shape.empty()) shape[0] = *tensor.count;
    return shape;
  }

  std::unique_ptr<CheckpointReader> stored_;
  std::vector<MappedTensor> mapped_;
  std::vector<TensorInfo> infos_;
  // The stored tensor that was read last, while the next parameter still needs it.
  mutable std::optional<std::size_t> held_;
  mutable std::vector<std::byte> bytes_;
};

}  // namespace

std::unique_ptr<CheckpointReader> mapped_checkpoint(std::unique_ptr<CheckpointReader> stored,
                                                    NameMap map) {
  return std::make_unique<Mapped>(std::move(stored), std::move(map.mapped));
}

}  // namespace verdict::convert

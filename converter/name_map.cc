#include "verdict_convert/name_map.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "verdict/base/checked.h"
#include "verdict/base/error.h"
#include "verdict/base/strings.h"

namespace verdict::convert {

namespace {

/// Copies a matrix transposed, tile by tile. The steps from row to row count elements.
template <typename Element>
void transpose(const std::byte* in, std::size_t in_step, std::byte* out, std::size_t out_step,
               std::size_t out_rows, std::size_t out_columns) {
  // A cache line: of rows that lie 4096 bytes apart, as many do, the first cache holds few.
  constexpr std::size_t kTile = 64 / sizeof(Element);
  for (std::size_t i0 = 0; i0 < out_rows; i0 += kTile) {
    const std::size_t i1 = std::min(i0 + kTile, out_rows);
    for (std::size_t j0 = 0; j0 < out_columns; j0 += kTile) {
      const std::size_t j1 = std::min(j0 + kTile, out_columns);
      for (std::size_t i = i0; i < i1; ++i) {
        for (std::size_t j = j0; j < j1; ++j) {
          std::memcpy(out + (i * out_step + j) * sizeof(Element),
                      in + (i + j * in_step) * sizeof(Element), sizeof(Element));
        }
      }
    }
  }
}

/// Copies a row-major array with its axes permuted: axis `i` of `out` is axis `permutation[i]` of
/// `in`. No axis is empty, and the last one is another than before.
template <typename Element>
void permute(std::span<const std::byte> in, std::span<std::byte> out,
             std::span<const std::int64_t> shape, std::span<const std::size_t> permutation) {
  const std::size_t rank = shape.size();
  std::vector<std::size_t> stride(rank, 1);
  for (std::size_t axis = rank - 1; axis > 0; --axis)
    stride[axis - 1] = stride[axis] * static_cast<std::size_t>(shape[axis]);
  std::vector<std::size_t> size(rank), from(rank), to(rank, 1), at(rank, 0);
  for (std::size_t axis = 0; axis < rank; ++axis) {
    size[axis] = static_cast<std::size_t>(shape[permutation[axis]]);
    from[axis] = stride[permutation[axis]];
  }
  for (std::size_t axis = rank - 1; axis > 0; --axis) to[axis - 1] = to[axis] * size[axis];

  // The axis that is contiguous in `in` and the one that is contiguous in `out` make a matrix; the
  // others count like the digits of a number.
  const std::size_t inner = rank - 1;
  const auto outer =
      static_cast<std::size_t>(std::ranges::find(permutation, inner) - permutation.begin());
  std::size_t source = 0, target = 0;
  for (bool more = true; more;) {
    transpose<Element>(in.data() + source * sizeof(Element), from[inner],
                       out.data() + target * sizeof(Element), to[outer], size[outer], size[inner]);
    more = false;
    for (std::size_t axis = rank; axis-- > 0;) {
      if (axis == inner || axis == outer) continue;
      source += from[axis];
      target += to[axis];
      if (++at[axis] < size[axis]) {
        more = true;
        break;
      }
      source -= from[axis] * size[axis];
      target -= to[axis] * size[axis];
      at[axis] = 0;
    }
  }
}

/// The same where the last axis stays: rows are copied.
void permute_rows(std::span<const std::byte> in, std::span<std::byte> out,
                  std::span<const std::int64_t> shape, std::span<const std::size_t> permutation,
                  std::size_t element) {
  const std::size_t rank = shape.size();
  std::vector<std::size_t> stride(rank, element), at(rank, 0);
  for (std::size_t axis = rank - 1; axis > 0; --axis)
    stride[axis - 1] = stride[axis] * static_cast<std::size_t>(shape[axis]);
  const std::size_t row = element * static_cast<std::size_t>(shape[rank - 1]);
  const std::byte* source = in.data();
  for (std::size_t to = 0; to < out.size(); to += row) {
    std::memcpy(out.data() + to, source, row);
    for (std::size_t axis = rank - 1; axis-- > 0;) {
      const auto size = static_cast<std::size_t>(shape[permutation[axis]]);
      source += stride[permutation[axis]];
      if (++at[axis] < size) break;
      source -= stride[permutation[axis]] * size;
      at[axis] = 0;
    }
  }
}

void permute(std::span<const std::byte> in, std::span<std::byte> out,
             std::span<const std::int64_t> shape, std::span<const std::size_t> permutation,
             std::size_t element) {
  if (out.empty()) return;
  if (permutation.back() + 1 == shape.size())
    return permute_rows(in, out, shape, permutation, element);
  switch (element) {
    case 1:
      return permute<std::uint8_t>(in, out, shape, permutation);
    case 2:
      return permute<std::uint16_t>(in, out, shape, permutation);
    case 4:
      return permute<std::uint32_t>(in, out, shape, permutation);
    default:
      return permute<std::uint64_t>(in, out, shape, permutation);
  }
}

bool is_permutation_of_axes(std::span<const std::size_t> permutation, std::size_t rank) {
  if (permutation.size() != rank) return false;
  std::vector<bool> seen(rank);
  for (const std::size_t axis : permutation) {
    if (axis >= rank || seen[axis]) return false;
    seen[axis] = true;
  }
  return true;
}

class Mapped final : public CheckpointReader {
 public:
  Mapped(std::unique_ptr<CheckpointReader> stored, std::vector<MappedTensor> mapped)
      : stored_(std::move(stored)), mapped_(std::move(mapped)) {
    const std::size_t count = stored_->tensors().size();
    for (const MappedTensor& tensor : mapped_) {
      if (tensor.stored >= count) {
        throw Error(ErrorCode::kInternal, concat("The parameter \"", tensor.name,
                                                 "\" is mapped to a tensor that is not there."));
      }
    }
    // In the order of the file, so that a tensor with several uses is read once.
    std::stable_sort(
        mapped_.begin(), mapped_.end(),
        [](const MappedTensor& a, const MappedTensor& b) { return a.stored < b.stored; });
    for (MappedTensor& tensor : mapped_) {
      const TensorInfo& source = stored_->tensors()[tensor.stored];
      const auto elements = element_count(tensor.shape);
      const bool is_slice = take_rows(source.shape, tensor);
      if (!is_slice || !elements || *elements != element_count(sliced_shape(tensor)) ||
          !(tensor.permutation.empty() ||
            is_permutation_of_axes(tensor.permutation, source.shape.size()))) {
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
    const auto size = static_cast<std::size_t>(source.byte_size());
    if (held_ != tensor.stored) {
      held_.reset();
      if (size > capacity_) {
        bytes_.reset();
        bytes_ = std::make_unique_for_overwrite<std::byte[]>(size);
        capacity_ = size;
      }
      stored_->read(tensor.stored, {bytes_.get(), size});
      held_ = tensor.stored;
    }
    const auto shape = sliced_shape(tensor);
    const std::size_t element = dtype_size(source.dtype);
    const std::size_t row = source.shape.empty() || source.shape[0] == 0
                                ? size
                                : size / static_cast<std::size_t>(source.shape[0]);
    const std::span<const std::byte> slice =
        std::span<const std::byte>(bytes_.get(), size)
            .subspan(static_cast<std::size_t>(tensor.first) * row, out.size());
    if (tensor.permutation.empty()) {
      std::copy(slice.begin(), slice.end(), out.begin());
    } else {
      permute(slice, out, shape, tensor.permutation, element);
    }
    // Large tensors are seldom permuted; the room of the others serves the next one.
    const bool again = index + 1 < mapped_.size() && mapped_[index + 1].stored == tensor.stored;
    if (again || capacity_ <= kKeptRoom) return;
    held_.reset();
    bytes_.reset();
    capacity_ = 0;
  }

  std::string_view framework() const override { return "pt"; }

 private:
  static constexpr std::size_t kKeptRoom = std::size_t{32} << 20;

  /// Sets the rows where all are meant. Whether the tensor has them.
  static bool take_rows(std::span<const std::int64_t> shape, MappedTensor& tensor) {
    if (shape.empty()) return tensor.first == 0 && !tensor.count;
    if (!tensor.count) tensor.count = shape[0] - tensor.first;
    const auto end = checked_add(tensor.first, *tensor.count);
    return tensor.first >= 0 && *tensor.count >= 0 && end && *end <= shape[0];
  }

  std::vector<std::int64_t> sliced_shape(const MappedTensor& tensor) const {
    std::vector<std::int64_t> shape = stored_->tensors()[tensor.stored].shape;
    if (!shape.empty()) shape[0] = *tensor.count;
    return shape;
  }

  std::unique_ptr<CheckpointReader> stored_;
  std::vector<MappedTensor> mapped_;
  std::vector<TensorInfo> infos_;
  // The stored tensor that was read last.
  mutable std::optional<std::size_t> held_;
  mutable std::unique_ptr<std::byte[]> bytes_;
  mutable std::size_t capacity_ = 0;
};

}  // namespace

std::unique_ptr<CheckpointReader> mapped_checkpoint(std::unique_ptr<CheckpointReader> stored,
                                                    NameMap map) {
  return std::make_unique<Mapped>(std::move(stored), std::move(map.mapped));
}

}  // namespace verdict::convert

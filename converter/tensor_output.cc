#include "verdict_convert/tensor_output.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "verdict/base/checked.h"
#include "verdict/base/error.h"
#include "verdict/base/strings.h"

namespace verdict::convert {

namespace {

constexpr std::size_t kBlock = std::size_t{1} << 16;  // elements

double stored_value(DType dtype, const std::byte* at) {
  if (dtype == DType::kF64) {
    double value;
    std::memcpy(&value, at, sizeof(value));
    return value;
  }
  float value;
  convert_to_f32(dtype, {at, dtype_size(dtype)}, {&value, 1});
  return double{value};
}

/// The largest relative error of rounding to nearest, and the largest absolute one of subnormals.
struct Rounding {
  double relative;
  double absolute;
};

Rounding rounding_of(DType dtype) {
  switch (dtype) {
    case DType::kF16:
      return {0x1p-11, 0x1p-25};
    case DType::kBF16:
      return {0x1p-8, 0x1p-134};
    default:
      return {0x1p-24, 0x1p-150};
  }
}

/// In parts, so that the disk has work while the next ones are copied.
void write_parts(FileWriter& file, std::span<const std::byte> bytes) {
  constexpr std::size_t kPart = std::size_t{4} << 20;
  while (!bytes.empty()) {
    const auto part = bytes.first(std::min(kPart, bytes.size()));
    file.write(part);
    file.start_sync();
    bytes = bytes.subspan(part.size());
  }
}

TensorInfo output_info(const TensorInfo& stored, DType dtype) {
  const auto count = static_cast<std::uint64_t>(element_count(stored.shape).value());
  return {stored.name, dtype, stored.shape, 0, count * dtype_size(dtype)};
}

}  // namespace

std::span<const std::byte> TensorRoom::read(const CheckpointReader& reader, std::size_t tensor) {
  const auto size = static_cast<std::size_t>(reader.tensors()[tensor].byte_size());
  if (size > capacity_) {
    with_memory_errors("Converting the checkpoint", [&] {
      bytes_.reset();
      bytes_ = std::make_unique_for_overwrite<std::byte[]>(size);
    });
    capacity_ = size;
  }
  const std::span<std::byte> out(bytes_.get(), size);
  reader.read(tensor, out);
  return out;
}

TensorOutput::TensorOutput(const CheckpointReader& reader, std::size_t source, DType dtype)
    : info_(output_info(reader.tensors()[source], dtype)),
      reader_(&reader),
      source_(source),
      stored_dtype_(reader.tensors()[source].dtype) {}

TensorOutput::TensorOutput(TensorWriter writer)
    : info_(output_info({writer.name, writer.dtype, writer.shape, 0, 0}, writer.dtype)),
      data_(std::move(writer.data)) {}

void TensorOutput::write(FileWriter& file, TensorRoom& room) const {
  if (data_) return write_parts(file, data_().bytes());
  const auto stored = room.read(*reader_, source_);
  if (info_.dtype == stored_dtype_) return write_parts(file, stored);
  convert(stored, file);
}

void TensorOutput::convert(std::span<const std::byte> stored, FileWriter& file) const {
  const DType dtype = info_.dtype;
  const std::size_t from = dtype_size(stored_dtype_);
  const std::size_t to = dtype_size(dtype);
  const std::size_t count = stored.size() / from;
  std::vector<float> values(std::min(kBlock, count));
  std::vector<float> rounded(values.size());
  std::vector<std::byte> bytes(values.size() * to);
  for (std::size_t at = 0; at < count; at += kBlock) {
    const std::size_t n = std::min(kBlock, count - at);
    const auto block = stored.subspan(at * from, n * from);
    const std::span<float> floats(values.data(), n);
    const std::span<std::byte> out(bytes.data(), n * to);
    convert_to_f32(stored_dtype_, block, floats);
    convert_from_f32(dtype, floats, out);
    const std::span<float> result(rounded.data(), n);
    convert_to_f32(dtype, out, result);
    if (!std::isfinite(largest_magnitude(result))) {
      for (std::size_t i = 0; i < n; ++i) {
        const double value = stored_value(stored_dtype_, block.data() + i * from);
        if (std::isfinite(result[i]) || !std::isfinite(value)) continue;
        throw Error(ErrorCode::kInvalidArgument,
                    concat("The tensor \"", info_.name, "\" holds ", value, " at element ", at + i,
                           ", which ", dtype_name(dtype), " cannot. Choose another dtype."));
      }
    }
    write_parts(file, out);
  }
}

void TensorOutput::differs(const std::string& how) const {
  throw Error(ErrorCode::kInternal, concat("The written tensor \"", info_.name,
                                           "\" is not the one of the input: ", how, "."));
}

void TensorOutput::compare(std::span<const std::byte> written, TensorRoom& room) const {
  if (written.size() != info_.byte_size()) differs("it has another size");
  if (data_) {
    const Tensor expected = data_();
    if (!std::ranges::equal(written, expected.bytes())) differs("its bytes differ");
    return;
  }
  const auto stored = room.read(*reader_, source_);
  if (info_.dtype == stored_dtype_) {
    if (!std::ranges::equal(written, stored)) differs("its bytes differ");
    return;
  }
  const Rounding rounding = rounding_of(info_.dtype);
  const std::size_t from = dtype_size(stored_dtype_);
  const std::size_t to = dtype_size(info_.dtype);
  for (std::size_t i = 0; i * from < stored.size(); ++i) {
    const double wanted = stored_value(stored_dtype_, stored.data() + i * from);
    const double actual = stored_value(info_.dtype, written.data() + i * to);
    const bool is_close =
        std::isfinite(wanted)
            ? std::fabs(actual - wanted) <=
                  std::max(rounding.relative * std::fabs(wanted), rounding.absolute)
            : actual == wanted || (std::isnan(actual) && std::isnan(wanted));
    if (!is_close) differs(concat("element ", i, " is ", actual, " instead of ", wanted));
  }
}

}  // namespace verdict::convert

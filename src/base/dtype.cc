#include "verdict/base/dtype.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"

namespace verdict {

namespace {

struct DTypeInfo {
  DType dtype;
  std::string_view name;
  std::size_t size;
};

constexpr std::array<DTypeInfo, 13> kDTypes{{{DType::kBool, "BOOL", 1},
                                             {DType::kU8, "U8", 1},
                                             {DType::kI8, "I8", 1},
                                             {DType::kU16, "U16", 2},
                                             {DType::kI16, "I16", 2},
                                             {DType::kU32, "U32", 4},
                                             {DType::kI32, "I32", 4},
                                             {DType::kU64, "U64", 8},
                                             {DType::kI64, "I64", 8},
                                             {DType::kF16, "F16", 2},
                                             {DType::kBF16, "BF16", 2},
                                             {DType::kF32, "F32", 4},
                                             {DType::kF64, "F64", 8}}};

const DTypeInfo& info(DType dtype) { return kDTypes[static_cast<std::size_t>(dtype)]; }

template <typename From, typename To>
void convert_elements(std::span<const std::byte> bytes, std::span<To> out) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    From value;
    std::memcpy(&value, bytes.data() + i * sizeof(From), sizeof(From));
    out[i] = static_cast<To>(value);
  }
}

/// Of internal linkage, so that compilers inline it in position-independent code too.
inline float widen_f16(std::uint16_t bits) {
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000u) << 16;
  const std::int32_t mantissa = bits & 0x3ff;
  const std::uint32_t magnitude = bits & 0x7fffu;
  // All three cases are computed and one is selected, so that conversions of whole tensors
  // vectorize.
  const std::uint32_t subnormal =
      std::bit_cast<std::uint32_t>(static_cast<float>(mantissa) * 0x1p-24f);
  const std::uint32_t rebias = magnitude >= 0x7c00u ? 224u << 23 : 112u << 23;
  const std::uint32_t normal = (magnitude << 13) + rebias;
  return std::bit_cast<float>(sign | (magnitude < 0x400u ? subnormal : normal));
}

inline float widen_bf16(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

template <float (*kConvert)(std::uint16_t)>
[[gnu::noinline]] void convert_half_block(const std::byte* bytes, std::span<float> out) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    std::uint16_t bits;
    std::memcpy(&bits, bytes + i * 2, 2);
    out[i] = kConvert(bits);
  }
}

/// In blocks: engines of WebAssembly replace the first, slow code of a function when it is called
/// again.
template <float (*kConvert)(std::uint16_t)>
void convert_half(std::span<const std::byte> bytes, std::span<float> out) {
  constexpr std::size_t kBlock = std::size_t{1} << 14;
  for (std::size_t i = 0; i < out.size(); i += kBlock) {
    convert_half_block<kConvert>(bytes.data() + i * 2,
                                 out.subspan(i, std::min(kBlock, out.size() - i)));
  }
}

void check_length(DType dtype, std::span<const std::byte> bytes, std::size_t count) {
  if (bytes.size() != count * dtype_size(dtype)) {
    throw Error(ErrorCode::kInternal, concat("A conversion of ", count, " elements of ",
                                             dtype_name(dtype), " got ", bytes.size(), " bytes."));
  }
}

template <typename To>
void convert_integers(DType dtype, std::span<const std::byte> bytes, std::span<To> out) {
  switch (dtype) {
    case DType::kBool:
    case DType::kU8:
      return convert_elements<std::uint8_t>(bytes, out);
    case DType::kI8:
      return convert_elements<std::int8_t>(bytes, out);
    case DType::kU16:
      return convert_elements<std::uint16_t>(bytes, out);
    case DType::kI16:
      return convert_elements<std::int16_t>(bytes, out);
    case DType::kU32:
      return convert_elements<std::uint32_t>(bytes, out);
    case DType::kI32:
      return convert_elements<std::int32_t>(bytes, out);
    case DType::kU64:
      return convert_elements<std::uint64_t>(bytes, out);
    case DType::kI64:
      return convert_elements<std::int64_t>(bytes, out);
    default:
      throw Error(ErrorCode::kInvalidArgument,
                  concat("Expected a tensor of integers, got dtype ", dtype_name(dtype), "."));
  }
}

}  // namespace

std::size_t dtype_size(DType dtype) { return info(dtype).size; }

std::string_view dtype_name(DType dtype) { return info(dtype).name; }

std::optional<DType> dtype_from_name(std::string_view name) {
  for (const DTypeInfo& entry : kDTypes) {
    if (entry.name == name) return entry.dtype;
  }
  return std::nullopt;
}

bool is_floating_point(DType dtype) {
  return dtype == DType::kF16 || dtype == DType::kBF16 || dtype == DType::kF32 ||
         dtype == DType::kF64;
}

std::string_view compute_type_name(ComputeType type) {
  switch (type) {
    case ComputeType::kF32:
      return "f32";
    case ComputeType::kQ8:
      return "q8";
    case ComputeType::kBF16:
      return "bf16";
  }
  return "f32";
}

float f16_to_f32(std::uint16_t bits) { return widen_f16(bits); }

std::uint16_t f32_to_f16(float value) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>((bits >> 16) & 0x8000u);
  const std::uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return static_cast<std::uint16_t>(sign | 0x7e00u);
  if (magnitude >= 0x47800000u) return static_cast<std::uint16_t>(sign | 0x7c00u);
  if (magnitude < 0x38800000u) {
    // Adding 0.5 moves the subnormal's last kept bit to the float's last bit, so the FPU does the
    // rounding.
    const float shifted = std::bit_cast<float>(magnitude) + 0.5f;
    return static_cast<std::uint16_t>(sign | (std::bit_cast<std::uint32_t>(shifted) - 0x3f000000u));
  }
  const std::uint32_t odd = (magnitude >> 13) & 1u;
  const std::uint32_t rounded = magnitude + 0xfffu + odd - (112u << 23);
  return static_cast<std::uint16_t>(sign | (rounded >> 13));
}

float bf16_to_f32(std::uint16_t bits) { return widen_bf16(bits); }

std::uint16_t f32_to_bf16(float value) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return static_cast<std::uint16_t>((bits >> 16) | 0x40u);
  return static_cast<std::uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

float largest_magnitude(std::span<const float> values) {
  // Magnitudes order like their bits, and integers can be compared in any order, hence in vectors.
  std::uint32_t largest = 0;
  for (const float value : values) {
    largest = std::max(largest, std::bit_cast<std::uint32_t>(value) & 0x7fffffffu);
  }
  return std::bit_cast<float>(largest);
}

void convert_to_f32(DType dtype, std::span<const std::byte> bytes, std::span<float> out) {
  check_length(dtype, bytes, out.size());
  switch (dtype) {
    case DType::kF16:
      return convert_half<widen_f16>(bytes, out);
    case DType::kBF16:
      return convert_half<widen_bf16>(bytes, out);
    case DType::kF32:
      if (!out.empty()) std::memcpy(out.data(), bytes.data(), bytes.size());
      return;
    case DType::kF64:
      return convert_elements<double>(bytes, out);
    default:
      return convert_integers(dtype, bytes, out);
  }
}

void convert_from_f32(DType dtype, std::span<const float> values, std::span<std::byte> out) {
  check_length(dtype, out, values.size());
  const auto narrow = [&](auto convert) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::uint16_t bits = convert(values[i]);
      std::memcpy(out.data() + i * 2, &bits, 2);
    }
  };
  switch (dtype) {
    case DType::kF16:
      return narrow([](float value) { return f32_to_f16(value); });
    case DType::kBF16:
      return narrow([](float value) { return f32_to_bf16(value); });
    case DType::kF32:
      if (!out.empty()) std::memcpy(out.data(), values.data(), out.size());
      return;
    default:
      throw Error(ErrorCode::kInternal,
                  concat("A conversion from float32 to ", dtype_name(dtype), " was asked for."));
  }
}

void convert_to_i64(DType dtype, std::span<const std::byte> bytes, std::span<std::int64_t> out) {
  check_length(dtype, bytes, out.size());
  convert_integers(dtype, bytes, out);
}

}  // namespace verdict

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace verdict {

/// Element types of stored tensors, with the names that safetensors gives them.
enum class DType { kBool, kU8, kI8, kU16, kI16, kU32, kI32, kU64, kI64, kF16, kBF16, kF32, kF64 };

std::size_t dtype_size(DType dtype);                          ///< bytes an element
std::string_view dtype_name(DType dtype);                     ///< "F32", "BF16", "I64", "BOOL", …
std::optional<DType> dtype_from_name(std::string_view name);  ///< inverse of `dtype_name`
bool is_floating_point(DType dtype);

/// How a model computes (`dtype` of `from_pretrained`): float32, int8 products with dynamic
/// activations, bfloat16.
enum class ComputeType { kF32, kQ8, kBF16 };

std::string_view compute_type_name(ComputeType type);  ///< "f32", "q8", "bf16"

float f16_to_f32(std::uint16_t bits);
std::uint16_t f32_to_f16(float value);  ///< rounds to nearest even
float bf16_to_f32(std::uint16_t bits);
std::uint16_t f32_to_bf16(float value);  ///< rounds to nearest even

/// The largest absolute value; NaN or infinite exactly when one of the values is; 0 of none.
float largest_magnitude(std::span<const float> values);

/// Converts `out.size()` elements of `dtype` at `bytes` (no alignment needed) to float32.
void convert_to_f32(DType dtype, std::span<const std::byte> bytes, std::span<float> out);

/// Converts to the floating type `dtype` (F16, BF16, F32); `out` has room for every element and
/// needs no alignment.
void convert_from_f32(DType dtype, std::span<const float> values, std::span<std::byte> out);

/// Converts elements of any integer or boolean `dtype` to int64; throws `kInvalidArgument` for a
/// floating type.
void convert_to_i64(DType dtype, std::span<const std::byte> bytes, std::span<std::int64_t> out);

}  // namespace verdict

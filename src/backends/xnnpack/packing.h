#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "verdict/backends/xnnpack/gemm_kernels.h"
#include "verdict/backends/xnnpack/weight_memory.h"

namespace verdict::xnnpack {

/// The least multiple that is not below `n`.
template <typename T>
constexpr T round_up(T n, std::type_identity_t<T> multiple) {
  return (n + multiple - 1) / multiple * multiple;
}

/// Inputs of a packed row, rounded up to what the kernels read.
std::size_t packed_inputs(const PanelLayout& layout, std::size_t in);

/// The weight of a linear layer in float32 panels. A panel is nr biases, then nr × inputs weights.
/// As the others below it lies in memory that must outlive it.
class PackedF32 {
 public:
  PackedF32(const PanelLayout& layout, std::size_t out, std::size_t in, WeightMemory& memory);

  /// Denormals become zeros.
  void set_weight(std::span<const float> row_major);
  void set_bias(std::span<const float> bias);
  void get_weight(std::span<float> row_major) const;  ///< else what `set_weight` got, bit for bit
  void get_bias(std::span<float> bias) const;

  /// The panel that holds output column `column`, a multiple of nr.
  const float* panel(std::size_t column) const;
  std::size_t bytes() const { return data_.size(); }

 private:
  float* floats() const { return reinterpret_cast<float*>(data_.data()); }
  std::size_t panel_floats() const { return layout_.nr * (1 + packed_inputs(layout_, in_)); }

  PanelLayout layout_;
  std::size_t out_;
  std::size_t in_;
  std::span<std::byte> data_;
};

/// The same in bfloat16, rounded to nearest even, for `BF16Kernels`.
class PackedBF16 {
 public:
  PackedBF16(std::size_t out, std::size_t in, WeightMemory& memory);

  void set_weight(std::span<const float> row_major);
  void set_bias(std::span<const float> bias);
  void get_weight(std::span<float> row_major) const;  ///< the rounded values
  void get_bias(std::span<float> bias) const;

  const std::byte* panel(std::size_t column) const;
  std::size_t bytes() const { return data_.size(); }

 private:
  std::size_t panel_bytes() const;
  /// Where weights and biases of the panel of a column begin.
  std::uint16_t* weights(std::size_t column);
  float* biases(std::size_t column);

  std::size_t out_;
  std::size_t in_;
  std::span<std::byte> data_;
};

/// Longer rows of 8-bit inputs and weights could overflow an int32 sum.
inline constexpr std::size_t kMostQ8Inputs = INT32_MAX / (255 * 127);

/// The same in int8 with one scale an output (symmetric). A panel is nr int32 of minus the
/// column's sum, nr × inputs int8 weights, nr scales and nr biases.
class PackedQ8 {
 public:
  PackedQ8(const PanelLayout& layout, std::size_t out, std::size_t in, WeightMemory& memory);

  /// Quantises; a value that is not finite makes its whole column NaN, as it would in float32.
  void set_weight(std::span<const float> row_major);
  /// What `quantize_symmetric` made of the rows.
  void set_quantized(std::span<const std::int8_t> row_major, std::span<const float> scales);
  void set_bias(std::span<const float> bias);
  void get_bias(std::span<float> bias) const;

  const std::byte* panel(std::size_t column) const;
  std::size_t bytes() const { return data_.size(); }

  bool has_nan() const { return has_nan_; }
  /// Whether the scale or the bias of an output column is NaN.
  bool is_nan(std::size_t column) const;

 private:
  std::size_t panel_bytes() const { return layout_.nr * (12 + packed_inputs(layout_, in_)); }
  std::byte* panel_of(std::size_t column) const {
    return data_.data() + column / layout_.nr * panel_bytes();
  }
  void set_row(std::size_t out, std::span<std::int8_t> row, float scale);
  /// Where the scale of a column lies, and its bias.
  std::byte* scale_of(std::size_t column) const;
  std::byte* bias_of(std::size_t column) const { return scale_of(column) + layout_.nr * 4; }
  void write(std::byte* to, float value);

  PanelLayout layout_;
  std::size_t out_;
  std::size_t in_;
  std::span<std::byte> data_;
  bool has_nan_ = false;
};

/// Quantises a row symmetrically to ±127; returns the scale that brings the integers nearest to the
/// values in the least squares (0 for a row of zeros, NaN for one that is not finite).
float quantize_symmetric(std::span<const float> values, std::span<std::int8_t> out);

/// Brings such a row, of this scale, to ±`largest`; returns the new scale, again of the least
/// squares. A function of the integers, so that a row that was stored as int8 gives the same.
float narrow_symmetric(std::span<std::int8_t> row, float scale, std::int32_t largest);

}  // namespace verdict::xnnpack

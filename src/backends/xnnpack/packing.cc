#include "verdict/backends/xnnpack/packing.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "verdict/backends/xnnpack/kernels/bf16.h"
#include "verdict/base/dtype.h"
#include "verdict/base/error.h"
#include "verdict/base/strings.h"

namespace verdict::xnnpack {

namespace {

/// Calls visit(position, input) for every weight of one output of a panel: where it lies in the
/// panel's weights, and which input it belongs to; `in` or more for padding.
template <typename Visit>
void for_each_weight(const PanelLayout& layout, std::size_t in, std::size_t output_in_panel,
                     Visit visit) {
  const std::size_t group = layout.sr * layout.kr;
  for (std::size_t start = 0; start < packed_inputs(layout, in); start += group) {
    // Within a group, the blocks of kr inputs are rotated by the output's number.
    std::size_t rotated = output_in_panel % layout.sr;
    for (std::size_t block = 0; block < layout.sr; ++block) {
      const std::size_t input = start + rotated * layout.kr;
      const std::size_t position =
          (start + block * layout.kr) * layout.nr + output_in_panel * layout.kr;
      for (std::size_t i = 0; i < layout.kr; ++i) visit(position + i, input + i);
      rotated = rotated + 1 == layout.sr ? 0 : rotated + 1;
    }
  }
}

/// Zero for numbers so small that CPUs multiply them a hundred times slower; NaN stays NaN.
float without_denormals(float x) {
  return std::fabs(x) < std::numeric_limits<float>::min() ? 0.0f : x;
}

}  // namespace

std::size_t packed_inputs(const PanelLayout& layout, std::size_t in) {
  return round_up(in, layout.kr * layout.sr);
}

PackedF32::PackedF32(const PanelLayout& layout, std::size_t out, std::size_t in,
                     WeightMemory& memory)
    : layout_(layout),
      out_(out),
      in_(in),
      data_(memory.take(std::uint64_t{round_up(out, layout.nr) / layout.nr} * panel_floats() *
                        sizeof(float))) {}

const float* PackedF32::panel(std::size_t column) const {
  return floats() + column / layout_.nr * panel_floats();
}

void PackedF32::set_weight(std::span<const float> row_major) {
  for (std::size_t out = 0; out < out_; ++out) {
    float* weights = floats() + out / layout_.nr * panel_floats() + layout_.nr;
    const float* row = row_major.data() + out * in_;
    for_each_weight(layout_, in_, out % layout_.nr, [&](std::size_t position, std::size_t input) {
      if (input < in_) weights[position] = without_denormals(row[input]);
    });
  }
}

void PackedF32::get_weight(std::span<float> row_major) const {
  for (std::size_t out = 0; out < out_; ++out) {
    const float* weights = panel(out) + layout_.nr;
    float* row = row_major.data() + out * in_;
    for_each_weight(layout_, in_, out % layout_.nr, [&](std::size_t position, std::size_t input) {
      if (input < in_) row[input] = weights[position];
    });
  }
}

void PackedF32::set_bias(std::span<const float> bias) {
  for (std::size_t out = 0; out < out_; ++out) {
    floats()[out / layout_.nr * panel_floats() + out % layout_.nr] = bias[out];
  }
}

void PackedF32::get_bias(std::span<float> bias) const {
  for (std::size_t out = 0; out < out_; ++out) bias[out] = panel(out)[out % layout_.nr];
}

namespace {

constexpr PanelLayout kBF16Layout{BF16Kernels::kColumns, 2, 1};

}  // namespace

PackedBF16::PackedBF16(std::size_t out, std::size_t in, WeightMemory& memory)
    : out_(out),
      in_(in),
      data_(memory.take(std::uint64_t{round_up(out, kBF16Layout.nr) / kBF16Layout.nr} *
                        panel_bytes())) {}

std::size_t PackedBF16::panel_bytes() const {
  return kBF16Layout.nr * (sizeof(float) + packed_inputs(kBF16Layout, in_) * sizeof(std::uint16_t));
}

const std::byte* PackedBF16::panel(std::size_t column) const {
  return data_.data() + column / kBF16Layout.nr * panel_bytes();
}

float* PackedBF16::biases(std::size_t column) {
  return reinterpret_cast<float*>(data_.data() + column / kBF16Layout.nr * panel_bytes());
}

std::uint16_t* PackedBF16::weights(std::size_t column) {
  return reinterpret_cast<std::uint16_t*>(biases(column) + kBF16Layout.nr);
}

void PackedBF16::set_weight(std::span<const float> row_major) {
  for (std::size_t out = 0; out < out_; ++out) {
    std::uint16_t* packed = weights(out);
    const float* row = row_major.data() + out * in_;
    for_each_weight(kBF16Layout, in_, out % kBF16Layout.nr,
                    [&](std::size_t position, std::size_t input) {
                      if (input < in_) packed[position] = f32_to_bf16(row[input]);
                    });
  }
}

void PackedBF16::get_weight(std::span<float> row_major) const {
  for (std::size_t out = 0; out < out_; ++out) {
    const auto* packed =
        reinterpret_cast<const std::uint16_t*>(panel(out) + kBF16Layout.nr * sizeof(float));
    float* row = row_major.data() + out * in_;
    for_each_weight(kBF16Layout, in_, out % kBF16Layout.nr,
                    [&](std::size_t position, std::size_t input) {
                      if (input < in_) row[input] = bf16_to_f32(packed[position]);
                    });
  }
}

void PackedBF16::set_bias(std::span<const float> bias) {
  for (std::size_t out = 0; out < out_; ++out) biases(out)[out % kBF16Layout.nr] = bias[out];
}

void PackedBF16::get_bias(std::span<float> bias) const {
  for (std::size_t out = 0; out < out_; ++out)
    bias[out] = reinterpret_cast<const float*>(panel(out))[out % kBF16Layout.nr];
}

namespace {

float read_float(const std::byte* from) {
  float value = 0;
  std::memcpy(&value, from, sizeof value);
  return value;
}

}  // namespace

PackedQ8::PackedQ8(const PanelLayout& layout, std::size_t out, std::size_t in, WeightMemory& memory)
    : layout_(layout),
      out_(out),
      in_(in),
      data_(memory.take(std::uint64_t{round_up(out, layout.nr) / layout.nr} * panel_bytes())) {
  if (in > kMostQ8Inputs) {
    throw Error(ErrorCode::kUnsupported,
                concat("A linear layer of the model has ", in, " inputs; in q8 at most ",
                       kMostQ8Inputs, " are possible. Load it with dtype \"f32\"."));
  }
}

const std::byte* PackedQ8::panel(std::size_t column) const {
  return data_.data() + column / layout_.nr * panel_bytes();
}

void PackedQ8::set_weight(std::span<const float> row_major) {
  std::vector<std::int8_t> row(in_);
  for (std::size_t out = 0; out < out_; ++out) {
    const float scale = quantize_symmetric(row_major.subspan(out * in_, in_), row);
    set_row(out, row, scale);
  }
}

void PackedQ8::set_quantized(std::span<const std::int8_t> row_major,
                             std::span<const float> scales) {
  std::vector<std::int8_t> row(in_);
  for (std::size_t out = 0; out < out_; ++out) {
    std::ranges::copy(row_major.subspan(out * in_, in_), row.begin());
    set_row(out, row, scales[out]);
  }
}

void PackedQ8::set_row(std::size_t out, std::span<std::int8_t> row, float scale) {
  if (layout_.largest_weight < 127) scale = narrow_symmetric(row, scale, layout_.largest_weight);
  std::byte* panel = panel_of(out);
  const std::size_t column = out % layout_.nr;
  auto* weights = reinterpret_cast<std::int8_t*>(panel + layout_.nr * 4);
  std::int32_t sum = 0;
  for_each_weight(layout_, in_, column, [&](std::size_t position, std::size_t input) {
    if (input >= in_) return;
    weights[position] = row[input];
    sum += row[input];
  });
  const std::int32_t minus_sum = -sum;
  std::memcpy(panel + column * 4, &minus_sum, 4);
  write(scale_of(out), scale);
}

void PackedQ8::set_bias(std::span<const float> bias) {
  for (std::size_t out = 0; out < out_; ++out) write(bias_of(out), bias[out]);
}

void PackedQ8::get_bias(std::span<float> bias) const {
  for (std::size_t out = 0; out < out_; ++out) bias[out] = read_float(bias_of(out));
}

bool PackedQ8::is_nan(std::size_t column) const {
  return std::isnan(read_float(scale_of(column))) || std::isnan(read_float(bias_of(column)));
}

std::byte* PackedQ8::scale_of(std::size_t column) const {
  return panel_of(column) + layout_.nr * (4 + packed_inputs(layout_, in_)) +
         column % layout_.nr * 4;
}

void PackedQ8::write(std::byte* to, float value) {
  std::memcpy(to, &value, sizeof value);
  has_nan_ = has_nan_ || std::isnan(value);
}

float quantize_symmetric(std::span<const float> values, std::span<std::int8_t> out) {
  const float largest = largest_magnitude(values);
  const float inverse = 127 / largest;
  // A subnormal range is as good as zero: its inverse is infinite.
  if (!std::isfinite(largest) || !std::isfinite(inverse)) {
    std::fill(out.begin(), out.end(), std::int8_t{0});
    return std::isfinite(largest) ? 0.0f : std::numeric_limits<float>::quiet_NaN();
  }
  // What is small rounds to an integer when it is added to 1.5 · 2²³; unlike a call, this is vector
  // code.
  constexpr float kMagic = 12582912;
  for (std::size_t i = 0; i < values.size(); ++i) {
    // Rounding can reach 127.00001 for tiny scales.
    const float rounded = values[i] * inverse + kMagic - kMagic;
    out[i] = static_cast<std::int8_t>(std::clamp(rounded, -127.0f, 127.0f));
  }
  // Of all scales, this one leaves the least sum of squared errors to these integers; the largest
  // value's own would leave an error that points along the row, and such ones add up.
  double products = 0;
  std::int64_t squares = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    products += double{values[i]} * out[i];
    squares += std::int64_t{out[i]} * out[i];
  }
  return static_cast<float>(products / static_cast<double>(squares));
}

float narrow_symmetric(std::span<std::int8_t> row, float scale, std::int32_t largest) {
  std::int64_t products = 0;
  std::int64_t squares = 0;
  for (std::int8_t& q : row) {
    const std::int32_t doubled = 2 * q * largest;
    // Rounds half away from zero, so that opposite values stay opposite.
    const std::int32_t narrow = (doubled + (q < 0 ? -127 : 127)) / 254;
    products += std::int64_t{q} * narrow;
    squares += std::int64_t{narrow} * narrow;
    q = static_cast<std::int8_t>(narrow);
  }
  if (squares == 0) return scale;
  return static_cast<float>(double{scale} * static_cast<double>(products) /
                            static_cast<double>(squares));
}

}  // namespace verdict::xnnpack

#include "verdict/nn/rotary.h"

#include <cmath>
#include <utility>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"

namespace verdict::nn {

InverseFrequencies rotary_frequencies(double base, std::int64_t rotated) {
  return [=](std::int64_t) {
    std::vector<float> out;
    for (std::int64_t i = 0; i < rotated; i += 2) {
      const float exponent = static_cast<float>(i) / static_cast<float>(rotated);
      out.push_back(1 / std::pow(static_cast<float>(base), exponent));
    }
    return out;
  };
}

Value rotary_table(const Scope& scope, std::int64_t rotated, InverseFrequencies frequencies,
                   double magnitude) {
  auto prelude = [=, frequencies = std::move(frequencies)](const graph::Batch& batch,
                                                           std::span<float> out) {
    const auto given = batch.find("position_ids");
    const auto positions = given.empty() ? std::span<const std::int32_t>(batch.columns) : given;
    const auto half = static_cast<std::size_t>(rotated) / 2;
    for (std::size_t row = 0; row + 1 < batch.offsets.size(); ++row) {
      const auto first = static_cast<std::size_t>(batch.offsets[row]);
      const auto last = static_cast<std::size_t>(batch.offsets[row + 1]);
      const auto inverse = frequencies(static_cast<std::int64_t>(last - first));
      for (std::size_t token = first; token < last; ++token) {
        float* cosines = out.data() + token * 2 * half;
        for (std::size_t i = 0; i < half; ++i) {
          // The reference computes the angle in float32.
          const double angle = static_cast<float>(positions[token]) * inverse[i];
          cosines[i] = static_cast<float>(std::cos(angle) * magnitude);
          cosines[half + i] = static_cast<float>(std::sin(angle) * magnitude);
        }
      }
    }
  };
  return scope.graph().apply(
      graph::FloatInputOp{"rotary", graph::Graph::kTokens, rotated, std::move(prelude)}, {});
}

Value rotate(const Scope& scope, Value x, Value table, std::int64_t heads, std::int64_t head_size,
             const RotaryOptions& options) {
  if (const std::int64_t rotated = scope.graph().columns(table); rotated % 2 != 0) {
    throw Error(ErrorCode::kInvalidArgument,
                concat("Rotary positions need an even number of columns of each head; the config "
                       "asks for ",
                       rotated, "."));
  }
  return scope.graph().apply(
      graph::RotaryOp{heads, head_size, options.interleaved, options.sines_first}, {x, table});
}

}  // namespace verdict::nn

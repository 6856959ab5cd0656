#include "verdict/auto/initializer.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace verdict {

namespace {

using graph::Initializer;

/// SplitMix64 (Steele et al. 2014).
class Generator {
 public:
  explicit Generator(std::uint64_t seed) : state_(seed) {}

  /// Uniform in (0, 1].
  double uniform() { return (static_cast<double>(next() >> 11) + 1) * 0x1p-53; }

  /// Box and Muller 1958.
  double normal() {
    const double radius = std::sqrt(-2 * std::log(uniform()));
    return radius * std::cos(2 * std::numbers::pi * uniform());
  }

 private:
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

  std::uint64_t state_;
};

/// FNV-1a.
std::uint64_t hash(std::string_view text) {
  std::uint64_t h = 0xcbf29ce484222325u;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return h;
}

void fill_sinusoidal(std::span<float> values, std::size_t size, bool halves) {
  const std::size_t sines = (size + 1) / 2;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t position = i / size;
    const std::size_t column = i % size;
    const bool is_sine = halves ? column < sines : column % 2 == 0;
    const std::size_t pair = halves ? (is_sine ? column : column - sines) : column / 2;
    const double exponent = static_cast<double>(2 * pair) / static_cast<double>(size);
    const double angle = static_cast<double>(position) * std::exp(-exponent * std::log(10000.0));
    values[i] = static_cast<float>(is_sine ? std::sin(angle) : std::cos(angle));
  }
}

}  // namespace

Tensor initialize(const graph::Parameter& parameter, std::uint64_t seed) {
  Tensor tensor(DType::kF32, parameter.shape);
  const std::span<float> values = tensor.f32();
  const Initializer& how = parameter.initializer;
  switch (how.kind) {
    case Initializer::Kind::kConstant:
      std::fill(values.begin(), values.end(), static_cast<float>(how.value));
      break;
    case Initializer::Kind::kNormal: {
      Generator generator(seed ^ hash(parameter.name));
      for (float& value : values) {
        double x = generator.normal();
        while (how.cutoff > 0 && std::fabs(x) > how.cutoff) x = generator.normal();
        value = static_cast<float>(how.stddev * x);
      }
      break;
    }
    case Initializer::Kind::kSinusoidal:
    case Initializer::Kind::kSinusoidalHalves:
      fill_sinusoidal(values, static_cast<std::size_t>(parameter.shape[1]),
                      how.kind == Initializer::Kind::kSinusoidalHalves);
      break;
  }
  if (how.zero_row >= 0 && how.zero_row < parameter.shape[0]) {
    const auto size = static_cast<std::size_t>(parameter.shape[1]);
    const auto row = values.subspan(static_cast<std::size_t>(how.zero_row) * size, size);
    std::fill(row.begin(), row.end(), 0.0f);
  }
  return tensor;
}

}  // namespace verdict

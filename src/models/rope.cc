#include "verdict/models/rope.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <utility>
#include <vector>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"

namespace verdict::models {

namespace {

using nlohmann::json;

/// The parameters of one kind of scaling, with their checks.
class RopeParameters {
 public:
  RopeParameters(json values, std::int64_t head_size) : values_(std::move(values)) {
    rotated_ = static_cast<std::int64_t>(static_cast<double>(head_size) *
                                         number("partial_rotary_factor", 1));
    if (rotated_ < 2 || rotated_ > head_size || rotated_ % 2 != 0) {
      throw Error(ErrorCode::kInvalidArgument,
                  concat("The config rotates ", rotated_, " of ", head_size,
                         " columns of a head (head_dim · partial_rotary_factor); an even number up "
                         "to the size of the head was expected."));
    }
    if (number("rope_theta", 0) <= 0)
      throw Error(ErrorCode::kInvalidArgument, "The config's rope_theta must be above 0.");
  }

  std::int64_t rotated() const { return rotated_; }
  std::string kind() const { return values_.at("rope_type").get<std::string>(); }
  /// YaRN's bounds are whole dimensions unless the config says otherwise.
  bool truncates() const { return values_.value("truncate", true); }
  bool has(const char* key) const { return values_.contains(key) && !values_[key].is_null(); }

  double number(const char* key, double fallback) const {
    if (!has(key)) return fallback;
    if (!values_[key].is_number())
      throw Error(ErrorCode::kInvalidArgument,
                  concat("The rope parameter \"", key, "\" is no number."));
    return values_[key].get<double>();
  }

  double required(const char* key) const {
    if (!has(key)) {
      throw Error(ErrorCode::kInvalidArgument,
                  concat("The rope type \"", kind(), "\" needs the parameter \"", key, "\"."));
    }
    return number(key, 0);
  }

  /// One factor a rotary pair.
  std::vector<float> factors(const char* key) const {
    std::vector<float> out;
    if (has(key) && values_[key].is_array()) {
      for (const json& factor : values_[key]) {
        if (factor.is_number()) out.push_back(factor.get<float>());
      }
    }
    if (out.size() != static_cast<std::size_t>(rotated_ / 2) ||
        std::ranges::find(out, 0.0f) != out.end()) {
      throw Error(ErrorCode::kInvalidArgument, concat("The rope parameter \"", key, "\" must list ",
                                                      rotated_ / 2, " numbers other than 0."));
    }
    return out;
  }

  std::vector<float> default_frequencies(double theta) const {
    return nn::rotary_frequencies(theta, rotated_)(0);
  }
  std::vector<float> default_frequencies() const {
    return default_frequencies(number("rope_theta", 10000));
  }

 private:
  json values_;
  std::int64_t rotated_ = 0;
};

struct Rope {
  nn::InverseFrequencies frequencies;
  double magnitude = 1;
};

nn::InverseFrequencies constant(std::vector<float> frequencies) {
  return [frequencies = std::move(frequencies)](std::int64_t) { return frequencies; };
}

Rope linear(const RopeParameters& p) {
  std::vector<float> frequencies = p.default_frequencies();
  for (float& f : frequencies) f /= static_cast<float>(p.required("factor"));
  return {constant(std::move(frequencies))};
}

/// NTK-aware scaling; the length is the sequence's own.
Rope dynamic(const RopeParameters& p) {
  const double factor = p.required("factor");
  const double longest = p.required("max_position_embeddings");
  const double theta = p.number("rope_theta", 10000);
  const auto rotated = static_cast<double>(p.rotated());
  return {[=](std::int64_t length) {
    const double n = std::max(static_cast<double>(length), longest);
    // Not std::pow for doubles: its tables are 4 KB of every download.
    const double stretch = std::log(factor * n / longest - (factor - 1));
    const double base = theta * std::exp(stretch * (rotated / (rotated - 2)));
    return p.default_frequencies(base);
  }};
}

/// Peng et al. 2023, https://arxiv.org/abs/2309.00071.
Rope yarn(const RopeParameters& p) {
  const double trained = p.required("original_max_position_embeddings");
  const double factor = p.number("factor", p.required("max_position_embeddings") / trained);
  const double theta = p.number("rope_theta", 10000);
  const auto magnitude = [&](double mscale) {
    return factor <= 1 ? 1 : 0.1 * mscale * std::log(factor) + 1;
  };
  Rope rope;
  if (p.has("attention_factor")) {
    rope.magnitude = p.number("attention_factor", 1);
  } else if (p.number("mscale", 0) != 0 && p.number("mscale_all_dim", 0) != 0) {
    rope.magnitude = magnitude(p.number("mscale", 0)) / magnitude(p.number("mscale_all_dim", 0));
  } else {
    rope.magnitude = magnitude(1);
  }
  const auto rotated = static_cast<double>(p.rotated());
  const auto dimension = [&](double rotations) {
    return rotated * std::log(trained / (rotations * 2 * std::numbers::pi)) / (2 * std::log(theta));
  };
  const auto beta = [&](const char* key, double fallback) {
    const double value = p.number(key, fallback);
    return value == 0 ? fallback : value;
  };
  double low = dimension(beta("beta_fast", 32));
  double high = dimension(beta("beta_slow", 1));
  if (p.truncates()) {
    low = std::floor(low);
    high = std::ceil(high);
  }
  low = std::max(low, 0.0);
  high = std::min(high, rotated - 1);
  if (low == high) high += 0.001;
  std::vector<float> frequencies = p.default_frequencies();
  for (std::size_t i = 0; i < frequencies.size(); ++i) {
    const auto ramp =
        static_cast<float>(std::clamp((static_cast<double>(i) - low) / (high - low), 0.0, 1.0));
    frequencies[i] =
        frequencies[i] / static_cast<float>(factor) * ramp + frequencies[i] * (1 - ramp);
  }
  rope.frequencies = constant(std::move(frequencies));
  return rope;
}

/// Ding et al. 2024, https://arxiv.org/abs/2402.13753; the length is the sequence's own.
Rope longrope(const RopeParameters& p) {
  const double trained = p.required("original_max_position_embeddings");
  const double factor = p.number("factor", p.required("max_position_embeddings") / trained);
  const double magnitude = factor <= 1 ? 1 : std::sqrt(1 + std::log(factor) / std::log(trained));
  const auto scaled = [&](const char* key) {
    std::vector<float> frequencies = p.default_frequencies();
    const std::vector<float> factors = p.factors(key);
    for (std::size_t i = 0; i < frequencies.size(); ++i) frequencies[i] /= factors[i];
    return frequencies;
  };
  const auto short_range = scaled("short_factor");
  const auto long_range = scaled("long_factor");
  return {[=](std::int64_t length) {
            return static_cast<double>(length) > trained ? long_range : short_range;
          },
          p.number("attention_factor", magnitude)};
}

Rope llama3(const RopeParameters& p) {
  const double factor = p.required("factor");
  const double low = p.required("low_freq_factor");
  const double high = p.required("high_freq_factor");
  const double trained = p.required("original_max_position_embeddings");
  std::vector<float> frequencies = p.default_frequencies();
  for (float& f : frequencies) {
    const double wavelength = 2 * std::numbers::pi / f;
    if (wavelength > trained / low) {
      f /= static_cast<float>(factor);
    } else if (wavelength >= trained / high) {
      const double smooth = (trained / wavelength - low) / (high - low);
      f = static_cast<float>((1 - smooth) * f / factor + smooth * f);
    }
  }
  return {constant(std::move(frequencies))};
}

Rope read_rope(const RopeParameters& p) {
  const std::string kind = p.kind();
  if (kind == "default") return {constant(p.default_frequencies())};
  if (kind == "linear") return linear(p);
  if (kind == "dynamic") return dynamic(p);
  if (kind == "yarn") return yarn(p);
  if (kind == "longrope") return longrope(p);
  if (kind == "llama3") return llama3(p);
  throw Error(ErrorCode::kUnsupported,
              concat("The rope type \"", kind,
                     "\" is not supported; the known ones are default, linear, dynamic, yarn, "
                     "longrope and llama3."));
}

}  // namespace

Value rope_table(const ModelBuilder& model, const Scope& scope, std::int64_t head_size,
                 std::string_view layer_type) {
  const json all = model.config().get<json>("rope_parameters");
  const RopeParameters parameters(all.at(std::string(layer_type)), head_size);
  Rope rope = read_rope(parameters);
  return nn::rotary_table(scope, parameters.rotated(), std::move(rope.frequencies), rope.magnitude);
}

}  // namespace verdict::models

#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "verdict/base/byte_source.h"
#include "verdict/base/strings.h"
#include "verdict/base/tensor.h"
#include "verdict/checkpoint/safetensors.h"

namespace verdict::testing {

/// A file or folder of the checkout.
inline std::string root_path(std::string_view path) { return concat(VERDICT_ROOT, "/", path); }

/// A folder of the reference's fixtures: of the set that VERDICT_FIXTURES names, else the
/// project's.
inline std::string fixtures_path(std::string_view path) {
  const char* other = std::getenv("VERDICT_FIXTURES");
  return other == nullptr ? root_path(concat("tests/fixtures/", path)) : concat(other, "/", path);
}

/// Names of the folders below `path`, sorted.
inline std::vector<std::string> subfolders(const std::string& path) {
  std::vector<std::string> names;
  // Emscripten's opendir does not follow a link; the slash does.
  for (const auto& entry : std::filesystem::directory_iterator(path + "/")) {
    if (entry.is_directory()) names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

/// A folder that is removed with its content.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "verdict-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) std::abort();
    path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline std::map<std::string, Tensor, std::less<>> load_tensors(const std::string& path) {
  return read_safetensors(*open_file(path));
}

/// An element of a float32 or float64 tensor.
inline double element(const Tensor& tensor, std::size_t index) {
  if (tensor.dtype() == DType::kF32) return double{tensor.f32()[index]};
  if (tensor.dtype() != DType::kF64) throw std::invalid_argument("neither float32 nor float64");
  double x = 0;
  std::memcpy(&x, tensor.bytes().data() + index * sizeof(double), sizeof(double));
  return x;
}

/// The fixtures' one rule of equality: |actual - expected| ≤ absolute + 1e-4 · |expected|, wherever
/// `counts(index)`. Gives the worst error, as a share of what is allowed.
template <typename Counts>
double expect_close(const std::string& name, const Tensor& actual, const Tensor& expected,
                    double absolute, Counts counts) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(actual.shape(), expected.shape()) << name;
  if (actual.shape() != expected.shape()) return kInfinity;
  double worst = 0;
  std::size_t where = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (!counts(i)) continue;
    const double wanted = element(expected, i);
    double share = std::fabs(element(actual, i) - wanted) / (absolute + 1e-4 * std::fabs(wanted));
    if (std::isnan(share)) share = kInfinity;
    if (share <= worst) continue;
    worst = share;
    where = i;
  }
  EXPECT_LE(worst, 1) << name << " differs most at element " << where << ": "
                      << element(actual, where) << " instead of " << element(expected, where);
  return worst;
}

/// Logits and losses.
inline double expect_close(const std::string& name, const Tensor& actual, const Tensor& expected) {
  return expect_close(name, actual, expected, 1e-5, [](std::size_t) { return true; });
}

}  // namespace verdict::testing

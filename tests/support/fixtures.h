#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
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
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
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

/// The fixtures' one rule of equality: |actual - expected| ≤ absolute + 1e-4 · |expected|, wherever
/// `counts(index)`.
template <typename Counts>
void expect_close(const std::string& name, const Tensor& actual, const Tensor& expected,
                  double absolute, Counts counts) {
  ASSERT_EQ(actual.shape(), expected.shape()) << name;
  ASSERT_TRUE(expected.dtype() == DType::kF32 || expected.dtype() == DType::kF64) << name;
  const auto value = [&](std::size_t i) {
    double x = 0;
    if (expected.dtype() == DType::kF64) {
      std::memcpy(&x, expected.bytes().data() + i * sizeof(double), sizeof(double));
      return x;
    }
    return double{expected.f32()[i]};
  };
  double worst = 0;
  std::size_t where = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (!counts(i)) continue;
    const double excess =
        std::fabs(double{actual.f32()[i]} - value(i)) - absolute - 1e-4 * std::fabs(value(i));
    if (!(excess <= worst)) {
      worst = excess;
      where = i;
    }
  }
  EXPECT_EQ(worst, 0) << name << " differs most at element " << where << ": " << actual.f32()[where]
                      << " instead of " << value(where);
}

/// Logits and losses.
inline void expect_close(const std::string& name, const Tensor& actual, const Tensor& expected) {
  expect_close(name, actual, expected, 1e-5, [](std::size_t) { return true; });
}

}  // namespace verdict::testing

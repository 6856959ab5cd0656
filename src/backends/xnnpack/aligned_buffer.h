#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <new>

namespace verdict::xnnpack {

/// Zeroed memory aligned for the widest vectors, with room behind it for kernels that read past the
/// end.
class AlignedBuffer {
 public:
  static constexpr std::size_t kAlignment = 64;
  static constexpr std::size_t kOverread = 128;

  AlignedBuffer() = default;
  /// Throws `std::bad_alloc`, also for a size that is beyond all addresses.
  explicit AlignedBuffer(std::uint64_t bytes)
      : bytes_(fitting(bytes)),
        data_(static_cast<std::byte*>(
            ::operator new(bytes_ + kOverread, std::align_val_t(kAlignment)))) {
    std::memset(data_.get(), 0, bytes_ + kOverread);
  }

  std::byte* data() { return data_.get(); }
  const std::byte* data() const { return data_.get(); }
  std::size_t size() const { return bytes_; }

  template <typename T>
  T* as() {
    return reinterpret_cast<T*>(data_.get());
  }
  template <typename T>
  const T* as() const {
    return reinterpret_cast<const T*>(data_.get());
  }

 private:
  static std::size_t fitting(std::uint64_t bytes) {
    if (bytes > std::numeric_limits<std::size_t>::max() - kOverread - kAlignment) {
      throw std::bad_alloc();
    }
    return static_cast<std::size_t>(bytes);
  }
  struct Free {
    void operator()(std::byte* p) const { ::operator delete(p, std::align_val_t(kAlignment)); }
  };
  std::size_t bytes_ = 0;
  std::unique_ptr<std::byte, Free> data_;
};

}  // namespace verdict::xnnpack

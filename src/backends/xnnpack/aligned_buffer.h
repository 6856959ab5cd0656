#pragma once

#include <cstddef>
#include <cstring>
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
  explicit AlignedBuffer(std::size_t bytes)
      : bytes_(bytes),
        data_(static_cast<std::byte*>(
            ::operator new(bytes + kOverread, std::align_val_t(kAlignment)))) {
    std::memset(data_.get(), 0, bytes + kOverread);
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
  struct Free {
    void operator()(std::byte* p) const { ::operator delete(p, std::align_val_t(kAlignment)); }
  };
  std::size_t bytes_ = 0;
  std::unique_ptr<std::byte, Free> data_;
};

}  // namespace verdict::xnnpack

#pragma once

#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace verdict {

/// Allocates for vectors whose new elements have no value until they are written.
template <typename T>
struct UnwrittenAllocator : std::allocator<T> {
  static_assert(std::is_trivially_default_constructible_v<T>);
  template <typename U>
  struct rebind {
    using other = UnwrittenAllocator<U>;
  };
  template <typename U>
  void construct(U* at) noexcept {
    ::new (static_cast<void*>(at)) U;
  }
  template <typename U, typename... Arguments>
  void construct(U* at, Arguments&&... arguments) {
    ::new (static_cast<void*>(at)) U(std::forward<Arguments>(arguments)...);
  }
};

/// For much memory that is filled anyway: zeros would be written to it before.
template <typename T>
using UnwrittenVector = std::vector<T, UnwrittenAllocator<T>>;

}  // namespace verdict

#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace verdict {

namespace internal {

std::string double_to_string(double value);

template <typename T>
void append(std::string& out, const T& value) {
  if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    out += std::string_view(value);
  } else if constexpr (std::is_same_v<T, bool>) {
    out += value ? "true" : "false";
  } else if constexpr (std::is_same_v<T, char>) {
    out += value;
  } else if constexpr (std::is_floating_point_v<T>) {
    out += double_to_string(static_cast<double>(value));
  } else {
    static_assert(std::is_integral_v<T>);
    out += std::to_string(value);
  }
}

template <typename... Ts>
std::string join(const Ts&... parts) {
  std::string out;
  (append(out, parts), ...);
  return out;
}

/// Literals of every length as pointers and integers as one type, so that messages of one form
/// share one `join`: WebAssembly modules are downloaded.
template <typename T>
decltype(auto) plain(const T& part) {
  if constexpr (std::is_array_v<T>) {
    return static_cast<const char*>(part);
  } else if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool> &&
                       !std::is_same_v<T, char>) {
    using Wide = std::conditional_t<std::is_signed_v<T>, long long, unsigned long long>;
    return static_cast<Wide>(part);
  } else {
    return (part);
  }
}

}  // namespace internal

/// Joins strings and numbers into one string; the library's way to word messages without iostreams.
template <typename... Ts>
std::string concat(const Ts&... parts) {
  return internal::join(internal::plain(parts)...);
}

/// `[2, 3]`, for shapes in messages.
std::string shape_string(std::span<const std::int64_t> shape);

/// `"a", "b" and "c"`-style list for messages; at most `limit` items are named, the rest is
/// counted.
template <typename Range>
std::string quoted_list(const Range& items, std::size_t limit = 8) {
  std::string out;
  std::size_t n = 0;
  for (const auto& item : items) {
    if (n == limit) {
      return concat(out, " and ", std::size(items) - limit, " more");
    }
    out += concat(n == 0 ? "" : ", ", "\"", item, "\"");
    ++n;
  }
  return out;
}

inline bool starts_with(std::string_view s, std::string_view prefix) {
  return s.substr(0, prefix.size()) == prefix;
}

inline bool ends_with(std::string_view s, std::string_view suffix) {
  return s.size() >= suffix.size() && s.substr(s.size() - suffix.size()) == suffix;
}

/// ASCII capitals in lower case; other bytes as they are.
constexpr char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

/// The words between spaces, without empty ones.
std::vector<std::string_view> split_words(std::string_view text);

/// Whether `word` is one of them.
bool has_word(std::string_view text, std::string_view word);

/// Every `from`, which is not looked for where it is empty, becomes `to`.
void replace_all(std::string& text, std::string_view from, std::string_view to);

}  // namespace verdict

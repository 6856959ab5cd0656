#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <span>
#include <string_view>
#include <vector>

#include "verdict/base/error.h"

namespace verdict::fuzz {

inline std::string_view as_text(std::span<const std::uint8_t> data) {
  return {reinterpret_cast<const char*>(data.data()), data.size()};
}

inline std::vector<std::byte> as_bytes(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

/// Runs `call`, which may throw what the API promises: an Error that is not about Verdict itself.
template <typename Call>
void expect_answer(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kInternal) return;
    std::cerr << "An internal error: " << error.what() << "\n";
    std::abort();
  }
}

}  // namespace verdict::fuzz

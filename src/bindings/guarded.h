#pragma once

#include <emscripten/val.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>

#include "verdict/base/error.h"
#include "verdict/base/json.h"

namespace verdict::bindings {

using emscripten::val;
using nlohmann::json;

inline std::string failure(std::string_view code, std::string_view message) {
  return to_text({{"error", {{"code", code}, {"message", message}}}});
}

/// Runs `call`; gives {"value": …}, or {"error": {"code": …, "message": …}} for its exception,
/// which is not an object that JavaScript could read.
inline std::string guarded(const std::function<json()>& call) {
  try {
    return with_memory_errors("The call", [&] { return to_text({{"value", call()}}); });
  } catch (const Error& error) {
    return failure(error_code_name(error.code()), error.what());
  } catch (const std::exception& error) {
    return failure(error_code_name(ErrorCode::kInternal), error.what());
  }
}

inline json arguments(const std::string& text) { return parse_json(text, "arguments"); }

/// A view that is valid until memory grows.
inline val view(std::span<const std::byte> bytes) {
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  return val(emscripten::typed_memory_view(bytes.size(), data));
}

}  // namespace verdict::bindings

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace verdict {

/// The bytes of canonical, padded base64 (RFC 4648, section 4); nothing when it is anything else.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace verdict

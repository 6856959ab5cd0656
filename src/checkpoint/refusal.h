#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "verdict/base/error.h"

namespace verdict {

/// Throws `"FILE" is refused: WHAT: "NAME" (byte PLACE).`; without a name or a place where they are
/// empty or negative. One function words all refusals of a format, because WebAssembly modules are
/// downloaded; it quotes the name, which is the file's.
[[noreturn]] void refuse(ErrorCode code, std::string_view file, std::string_view what,
                         std::string_view name = {}, std::int64_t place = -1);

}  // namespace verdict

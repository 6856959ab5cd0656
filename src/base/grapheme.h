#pragma once

#include <cstddef>
#include <string_view>

namespace verdict {

/// Where the extended grapheme cluster that begins at byte `at` of well-formed UTF-8 ends (Unicode
/// 17, UAX #29). `at` must be a boundary.
std::size_t next_grapheme(std::string_view text, std::size_t at);

}  // namespace verdict

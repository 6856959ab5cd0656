#pragma once

#include <cstdint>

namespace verdict {

/// Steps that the loops of models, orderings and regular expressions have taken in this thread:
/// what a worst case multiplies. Tests hold it against a bound; nothing else reads it.
inline thread_local std::uint64_t operations = 0;

}  // namespace verdict

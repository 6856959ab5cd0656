#pragma once

#include <string>
#include <string_view>

// The one place that knows under which other names checkpoints store a parameter.
namespace verdict {

/// The current spelling of a stored key, for example LayerNorm.gamma → LayerNorm.weight.
std::string canonical_key(std::string_view stored);

/// Whether the reference drops the key silently: buffers that old files hold, such as position_ids.
bool is_ignored_key(std::string_view stored);

}  // namespace verdict

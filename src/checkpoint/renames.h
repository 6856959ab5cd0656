#pragma once

#include <string>
#include <string_view>
#include <vector>

// The one place that knows under which other names checkpoints store a parameter.
namespace verdict {

/// The parameters that a stored key of a model type fills, in current spelling: usually one
/// (LayerNorm.gamma → LayerNorm.weight); several for a fused tensor, whose rows belong to them one
/// after another (Wqkv → q_proj, k_proj, v_proj).
std::vector<std::string> canonical_keys(std::string_view model_type, std::string_view stored);

/// The parameter that `key` is the same as in the reference (T5's encoder.embed_tokens → shared);
/// empty: none. Files may hold both.
std::string tied_key(std::string_view model_type, std::string_view key);

/// Whether the reference drops the key silently: buffers that old files hold, such as position_ids.
bool is_ignored_key(std::string_view model_type, std::string_view stored);

}  // namespace verdict

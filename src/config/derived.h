#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

namespace verdict {

/// Attributes in the current form for what files say in older ways, computed from the canonical
/// attributes of a model type after their ranges were checked:
/// `rope_parameters` (from rope_theta, rope_scaling, …; by layer type where the type has several),
/// `layer_types` (from sliding_window, max_window_layers, sliding_window_pattern, …),
/// `attention_layers` (GPT-Neo's attention_types), `dense_act_fn` and `is_gated_act` (T5's
/// feed_forward_proj), `pos_att_type` and `norm_rel_ebd` (DeBERTa's names separated by "|"),
/// `use_encoder_prompt` (MVP) and Gemma's `hidden_act`. Throws `kInvalidArgument` for values that
/// contradict each other.
nlohmann::json derived_attributes(std::string_view model_type, const nlohmann::json& values);

}  // namespace verdict

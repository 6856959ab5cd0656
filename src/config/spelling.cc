#include "verdict/config/spelling.h"

#include <array>

namespace verdict {

namespace {

struct Spelling {
  std::string_view model_type;  ///< empty: all of them
  std::string_view in_file;
  std::string_view canonical;
};

/// transformers' `attribute_map` and renamed keys.
constexpr auto kSpellings =
    std::to_array<Spelling>({{"", "torch_dtype", "dtype"},
                             {"distilbert", "dim", "hidden_size"},
                             {"distilbert", "n_layers", "num_hidden_layers"},
                             {"distilbert", "n_heads", "num_attention_heads"},
                             {"distilbert", "hidden_dim", "intermediate_size"},
                             {"gemma2", "hidden_activation", "hidden_act"},
                             {"gemma3_text", "hidden_activation", "hidden_act"},
                             {"modernbert", "global_rope_theta", "rope_theta"},
                             {"gemma3_text", "_sliding_window_pattern", "sliding_window_pattern"}});

}  // namespace

std::string canonical_name(std::string_view model_type, std::string_view file_name) {
  for (const Spelling& spelling : kSpellings) {
    const bool applies = spelling.model_type.empty() || spelling.model_type == model_type;
    if (applies && spelling.in_file == file_name) return std::string(spelling.canonical);
  }
  return std::string(file_name);
}

std::string file_name(std::string_view model_type, std::string_view canonical_name) {
  for (const Spelling& spelling : kSpellings) {
    if (spelling.model_type == model_type && spelling.canonical == canonical_name)
      return std::string(spelling.in_file);
  }
  return std::string(canonical_name);
}

bool is_label_attribute(std::string_view file_name) {
  return file_name == "id2label" || file_name == "label2id" || file_name == "num_labels";
}

}  // namespace verdict

#include "verdict/config/spelling.h"

#include <array>

#include "verdict/base/strings.h"

namespace verdict {

namespace {

struct Spelling {
  std::string_view model_types;  ///< separated by spaces; empty: all of them
  std::string_view in_file;
  std::string_view canonical;
};

/// transformers' `attribute_map` and renamed keys. Where a canonical name has several spellings,
/// the first one is written, and wins in a file that has more.
constexpr auto kSpellings = std::to_array<Spelling>({
    {"", "torch_dtype", "dtype"},
    {"bart mbart mvp plbart", "d_model", "hidden_size"},
    {"bart mbart mvp plbart", "encoder_layers", "encoder_layers"},
    {"bart mbart mvp plbart", "num_hidden_layers", "encoder_layers"},
    {"bart mbart mvp plbart", "encoder_attention_heads", "encoder_attention_heads"},
    {"bart mbart mvp plbart", "num_attention_heads", "encoder_attention_heads"},
    {"bart mbart mvp plbart", "init_std", "initializer_range"},
    {"distilbert", "dim", "hidden_size"},
    {"distilbert", "n_layers", "num_hidden_layers"},
    {"distilbert", "n_heads", "num_attention_heads"},
    {"distilbert", "hidden_dim", "intermediate_size"},
    {"flaubert xlm", "emb_dim", "hidden_size"},
    {"flaubert xlm", "init_std", "initializer_range"},
    {"flaubert xlm", "n_heads", "num_attention_heads"},
    {"flaubert xlm", "n_layers", "num_hidden_layers"},
    {"flaubert xlm", "vocab_size", "vocab_size"},
    {"flaubert xlm", "n_words", "vocab_size"},
    {"flaubert xlm", "bos_token_id", "bos_token_id"},
    {"flaubert xlm", "bos_index", "bos_token_id"},
    {"flaubert xlm", "eos_token_id", "eos_token_id"},
    {"flaubert xlm", "eos_index", "eos_token_id"},
    {"flaubert xlm", "pad_token_id", "pad_token_id"},
    {"flaubert xlm", "pad_index", "pad_token_id"},
    {"gemma2 gemma3_text", "hidden_activation", "hidden_act"},
    {"gemma3_text", "_sliding_window_pattern", "sliding_window_pattern"},
    {"gpt-sw3 gpt2", "n_embd", "hidden_size"},
    {"gpt-sw3 gpt2", "n_head", "num_attention_heads"},
    {"gpt-sw3 gpt2", "n_inner", "intermediate_size"},
    {"gpt-sw3 gpt2", "n_layer", "num_hidden_layers"},
    {"gpt-sw3 gpt2", "n_positions", "max_position_embeddings"},
    {"gpt_neo", "num_heads", "num_attention_heads"},
    {"gpt_neo", "num_layers", "num_hidden_layers"},
    {"modernbert", "global_rope_theta", "rope_theta"},
    {"mt5 t5 umt5", "d_ff", "intermediate_size"},
    {"mt5 t5 umt5", "d_kv", "head_dim"},
    {"mt5 t5 umt5", "d_model", "hidden_size"},
    {"mt5 t5 umt5", "num_heads", "num_attention_heads"},
    {"mt5 t5 umt5", "num_layers", "num_hidden_layers"},
    {"xlnet", "d_inner", "intermediate_size"},
    {"xlnet", "d_model", "hidden_size"},
    {"xlnet", "n_head", "num_attention_heads"},
    {"xlnet", "n_layer", "num_hidden_layers"},
    {"xlnet", "vocab_size", "vocab_size"},
    {"xlnet", "n_token", "vocab_size"},
});

}  // namespace

std::string canonical_name(std::string_view model_type, std::string_view file_name) {
  for (const Spelling& spelling : kSpellings) {
    const bool applies = spelling.model_types.empty() || has_word(spelling.model_types, model_type);
    if (applies && spelling.in_file == file_name) return std::string(spelling.canonical);
  }
  return std::string(file_name);
}

std::string file_name(std::string_view model_type, std::string_view canonical_name) {
  for (const Spelling& spelling : kSpellings) {
    if (has_word(spelling.model_types, model_type) && spelling.canonical == canonical_name)
      return std::string(spelling.in_file);
  }
  return std::string(canonical_name);
}

bool is_label_attribute(std::string_view file_name) {
  return file_name == "id2label" || file_name == "label2id" || file_name == "num_labels";
}

}  // namespace verdict

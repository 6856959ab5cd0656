#include "verdict/config/defaults.h"

#include <array>
#include <string_view>

#include "verdict/base/json.h"
#include "verdict/base/strings.h"
#include "verdict/config/spelling.h"

namespace verdict {

namespace {

struct Defaults {
  std::string_view model_types;  ///< separated by spaces
  std::string_view json;
};

constexpr std::string_view kBert = R"({
  "vocab_size": 30522, "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12,
  "intermediate_size": 3072, "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1,
  "max_position_embeddings": 512, "type_vocab_size": 2, "initializer_range": 0.02, "layer_norm_eps": 1e-12,
  "pad_token_id": 0, "classifier_dropout": null})";

constexpr std::string_view kXlmRoberta = R"({
  "vocab_size": 30522, "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12,
  "intermediate_size": 3072, "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1,
  "max_position_embeddings": 512, "type_vocab_size": 2, "initializer_range": 0.02, "layer_norm_eps": 1e-12,
  "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2, "classifier_dropout": null})";

constexpr std::string_view kRoberta = R"({
  "vocab_size": 50265, "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12,
  "intermediate_size": 3072, "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1,
  "max_position_embeddings": 512, "type_vocab_size": 2, "initializer_range": 0.02, "layer_norm_eps": 1e-12,
  "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2, "classifier_dropout": null})";

/// From the config classes of transformers 5.23.
constexpr auto kDefaults = std::to_array<Defaults>({
    {"albert", R"({
  "vocab_size": 30000, "embedding_size": 128, "hidden_size": 4096, "num_hidden_layers": 12, "num_hidden_groups": 1,
  "num_attention_heads": 64, "intermediate_size": 16384, "inner_group_num": 1, "hidden_act": "gelu_new",
  "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0, "max_position_embeddings": 512,
  "type_vocab_size": 2, "initializer_range": 0.02, "layer_norm_eps": 1e-12, "classifier_dropout_prob": 0.1,
  "pad_token_id": 0, "bos_token_id": 2, "eos_token_id": 3})"},
    {"bart", R"({
  "vocab_size": 50265, "max_position_embeddings": 1024, "d_model": 1024,
  "encoder_layers": 12, "encoder_ffn_dim": 4096, "encoder_attention_heads": 16,
  "decoder_layers": 12, "decoder_ffn_dim": 4096, "decoder_attention_heads": 16, "activation_function": "gelu",
  "dropout": 0.1, "attention_dropout": 0.0, "activation_dropout": 0.0, "classifier_dropout": 0.0, "init_std": 0.02,
  "scale_embedding": false, "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2, "decoder_start_token_id": 2,
  "num_labels": 3})"},
    {"bert", kBert},
    {"camembert", kXlmRoberta},
    {"convbert", R"({
  "vocab_size": 30522, "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12,
  "intermediate_size": 3072, "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1,
  "max_position_embeddings": 512, "type_vocab_size": 2, "initializer_range": 0.02, "layer_norm_eps": 1e-12,
  "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2, "embedding_size": 768, "head_ratio": 2,
  "conv_kernel_size": 9, "num_groups": 1, "classifier_dropout": null})"},
    {"data2vec-text", kXlmRoberta},
    {"deberta", R"({
  "vocab_size": 50265, "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12,
  "intermediate_size": 3072, "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1,
  "max_position_embeddings": 512, "type_vocab_size": 0, "initializer_range": 0.02, "layer_norm_eps": 1e-7,
  "relative_attention": false, "max_relative_positions": -1, "pad_token_id": 0, "position_biased_input": true,
  "pos_att_type": null, "pooler_dropout": 0.0, "pooler_hidden_act": "gelu", "cls_dropout": null})"},
    {"deberta-v2", R"({
  "vocab_size": 128100, "hidden_size": 1536, "num_hidden_layers": 24, "num_attention_heads": 24,
  "intermediate_size": 6144, "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1,
  "max_position_embeddings": 512, "type_vocab_size": 0, "initializer_range": 0.02, "layer_norm_eps": 1e-7,
  "relative_attention": false, "max_relative_positions": -1, "pad_token_id": 0, "position_biased_input": true,
  "pos_att_type": null, "pooler_dropout": 0.0, "pooler_hidden_act": "gelu", "cls_dropout": null,
  "share_att_key": false, "position_buckets": -1, "norm_rel_ebd": "none", "conv_kernel_size": 0, "conv_groups": 1,
  "conv_act": "tanh"})"},
    {"distilbert", R"({
  "vocab_size": 30522, "max_position_embeddings": 512, "sinusoidal_pos_embds": false, "n_layers": 6, "n_heads": 12,
  "dim": 768, "hidden_dim": 3072, "dropout": 0.1, "attention_dropout": 0.1, "activation": "gelu",
  "initializer_range": 0.02, "qa_dropout": 0.1, "seq_classif_dropout": 0.2, "pad_token_id": 0})"},
    {"electra", R"({
  "vocab_size": 30522, "embedding_size": 128, "hidden_size": 256, "num_hidden_layers": 12, "num_attention_heads": 4,
  "intermediate_size": 1024, "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1,
  "max_position_embeddings": 512, "type_vocab_size": 2, "initializer_range": 0.02, "layer_norm_eps": 1e-12,
  "summary_type": "first", "summary_use_proj": true, "summary_activation": "gelu", "summary_last_dropout": 0.1,
  "pad_token_id": 0, "classifier_dropout": null})"},
    {"ernie", R"({
  "vocab_size": 30522, "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12,
  "intermediate_size": 3072, "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1,
  "max_position_embeddings": 512, "type_vocab_size": 2, "task_type_vocab_size": 3, "use_task_id": false,
  "initializer_range": 0.02, "layer_norm_eps": 1e-12, "pad_token_id": 0, "classifier_dropout": null})"},
    {"esm", R"({
  "vocab_size": null, "mask_token_id": null, "pad_token_id": null, "eos_token_id": 2, "hidden_size": 768,
  "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072, "hidden_act": "gelu",
  "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1, "max_position_embeddings": 1026,
  "rope_theta": 10000.0, "initializer_range": 0.02, "layer_norm_eps": 1e-12, "position_embedding_type": "absolute",
  "emb_layer_norm_before": null, "token_dropout": false})"},
    {"eurobert", R"({
  "vocab_size": 128256, "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12,
  "num_attention_heads": 12, "num_key_value_heads": null, "head_dim": null, "hidden_act": "silu",
  "max_position_embeddings": 8192, "initializer_range": 0.02, "rms_norm_eps": 1e-5, "pad_token_id": 128001,
  "bos_token_id": 128000, "eos_token_id": 128001, "attention_bias": false, "attention_dropout": 0.0,
  "mlp_bias": false, "mask_token_id": 128002, "classifier_pooling": "late"})"},
    {"flaubert xlm", R"({
  "vocab_size": 30145, "emb_dim": 2048, "n_layers": 12, "n_heads": 16, "dropout": 0.1, "attention_dropout": 0.1,
  "gelu_activation": true, "sinusoidal_embeddings": false, "causal": false, "n_langs": 1, "use_lang_emb": true,
  "max_position_embeddings": 512, "embed_init_std": 0.02209708691207961, "layer_norm_eps": 1e-12, "init_std": 0.02,
  "is_encoder": true, "summary_type": "first", "summary_use_proj": true, "summary_activation": null,
  "summary_proj_to_labels": true, "summary_first_dropout": 0.1, "mask_token_id": 0, "pad_token_id": 2,
  "bos_token_id": 0, "eos_token_id": 1, "pre_norm": false})"},
    {"gemma", R"({
  "vocab_size": 256000, "hidden_size": 3072, "intermediate_size": 24576, "num_hidden_layers": 28,
  "num_attention_heads": 16, "num_key_value_heads": 16, "head_dim": 256, "hidden_act": "gelu_pytorch_tanh",
  "max_position_embeddings": 8192, "initializer_range": 0.02, "rms_norm_eps": 1e-6, "pad_token_id": 0,
  "eos_token_id": 1, "bos_token_id": 2, "attention_bias": false, "attention_dropout": 0.0})"},
    {"gemma2", R"({
  "vocab_size": 256000, "hidden_size": 2304, "intermediate_size": 9216, "num_hidden_layers": 26,
  "num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 256, "hidden_activation": "gelu_pytorch_tanh",
  "max_position_embeddings": 8192, "initializer_range": 0.02, "rms_norm_eps": 1e-6, "pad_token_id": 0,
  "eos_token_id": 1, "bos_token_id": 2, "attention_bias": false, "attention_dropout": 0.0,
  "query_pre_attn_scalar": 256, "sliding_window": 4096, "attn_logit_softcapping": 50.0})"},
    {"gemma3_text", R"({
  "vocab_size": 262208, "hidden_size": 2304, "intermediate_size": 9216, "num_hidden_layers": 26,
  "num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 256, "hidden_activation": "gelu_pytorch_tanh",
  "max_position_embeddings": 131072, "initializer_range": 0.02, "rms_norm_eps": 1e-6, "pad_token_id": 0,
  "eos_token_id": 1, "bos_token_id": 2, "attention_bias": false, "attention_dropout": 0.0,
  "query_pre_attn_scalar": 256, "sliding_window": 4096, "attn_logit_softcapping": null,
  "use_bidirectional_attention": false, "sliding_window_pattern": 6})"},
    {"gpt-sw3 gpt2", R"({
  "vocab_size": 50257, "n_positions": 1024, "n_embd": 768, "n_layer": 12, "n_head": 12, "n_inner": null,
  "activation_function": "gelu_new", "resid_pdrop": 0.1, "embd_pdrop": 0.1, "attn_pdrop": 0.1,
  "layer_norm_epsilon": 1e-05, "initializer_range": 0.02, "scale_attn_weights": true,
  "scale_attn_by_inverse_layer_idx": false, "bos_token_id": 50256, "eos_token_id": 50256, "pad_token_id": null})"},
    {"gpt_neo", R"({
  "vocab_size": 50257, "max_position_embeddings": 2048, "hidden_size": 2048, "num_layers": 24,
  "attention_types": [[["global", "local"], 12]], "num_heads": 16, "intermediate_size": null, "window_size": 256,
  "activation_function": "gelu_new", "resid_dropout": 0.0, "embed_dropout": 0.0, "attention_dropout": 0.0,
  "layer_norm_epsilon": 1e-05, "initializer_range": 0.02, "bos_token_id": 50256, "eos_token_id": 50256,
  "pad_token_id": null})"},
    {"gte", R"({
  "vocab_size": 250048, "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12,
  "intermediate_size": 3072, "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.0,
  "max_position_embeddings": 8192, "type_vocab_size": 1, "initializer_range": 0.02, "layer_norm_eps": 1e-12,
  "pad_token_id": 1, "classifier_dropout": null})"},
    {"ibert", R"({
  "vocab_size": 30522, "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12,
  "intermediate_size": 3072, "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1,
  "max_position_embeddings": 512, "type_vocab_size": 2, "initializer_range": 0.02, "layer_norm_eps": 1e-12,
  "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2, "quant_mode": false})"},
    {"llama", R"({
  "vocab_size": 32000, "hidden_size": 4096, "intermediate_size": 11008, "num_hidden_layers": 32,
  "num_attention_heads": 32, "num_key_value_heads": null, "head_dim": null, "hidden_act": "silu",
  "max_position_embeddings": 2048, "initializer_range": 0.02, "rms_norm_eps": 1e-6, "pad_token_id": null,
  "bos_token_id": 1, "eos_token_id": 2, "attention_bias": false, "attention_dropout": 0.0, "mlp_bias": false})"},
    {"mbart", R"({
  "vocab_size": 50265, "max_position_embeddings": 1024, "d_model": 1024,
  "encoder_layers": 12, "encoder_ffn_dim": 4096, "encoder_attention_heads": 16,
  "decoder_layers": 12, "decoder_ffn_dim": 4096, "decoder_attention_heads": 16, "activation_function": "gelu",
  "dropout": 0.1, "attention_dropout": 0.0, "activation_dropout": 0.0, "classifier_dropout": 0.0, "init_std": 0.02,
  "scale_embedding": false, "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2})"},
    {"megatron-bert", R"({
  "vocab_size": 29056, "hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16,
  "intermediate_size": 4096, "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1,
  "max_position_embeddings": 512, "type_vocab_size": 2, "initializer_range": 0.02, "layer_norm_eps": 1e-12,
  "pad_token_id": 0})"},
    {"mistral", R"({
  "vocab_size": 32000, "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32,
  "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": null, "hidden_act": "silu",
  "max_position_embeddings": 131072, "initializer_range": 0.02, "rms_norm_eps": 1e-6, "pad_token_id": null,
  "bos_token_id": 1, "eos_token_id": 2, "sliding_window": 4096, "attention_dropout": 0.0})"},
    {"mobilebert", R"({
  "vocab_size": 30522, "hidden_size": 512, "num_hidden_layers": 24, "num_attention_heads": 4, "intermediate_size": 512,
  "hidden_act": "relu", "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.1,
  "max_position_embeddings": 512, "type_vocab_size": 2, "initializer_range": 0.02, "layer_norm_eps": 1e-12,
  "pad_token_id": 0, "embedding_size": 128, "trigram_input": true, "use_bottleneck": true,
  "intra_bottleneck_size": 128, "use_bottleneck_attention": false, "key_query_shared_bottleneck": true,
  "num_feedforward_networks": 4, "normalization_type": "no_norm", "classifier_activation": true,
  "classifier_dropout": null})"},
    {"modernbert", R"({
  "vocab_size": 50368, "hidden_size": 768, "intermediate_size": 1152, "num_hidden_layers": 22,
  "num_attention_heads": 12, "hidden_activation": "gelu", "max_position_embeddings": 8192,
  "initializer_range": 0.02, "initializer_cutoff_factor": 2.0, "norm_eps": 1e-5, "norm_bias": false,
  "pad_token_id": 50283, "eos_token_id": 50282, "bos_token_id": 50281, "cls_token_id": 50281, "sep_token_id": 50282,
  "attention_bias": false, "attention_dropout": 0.0, "local_attention": 128, "embedding_dropout": 0.0,
  "mlp_bias": false, "mlp_dropout": 0.0, "classifier_pooling": "cls", "classifier_dropout": 0.0,
  "classifier_bias": false, "classifier_activation": "gelu", "global_attn_every_n_layers": 3})"},
    {"mpnet", R"({
  "vocab_size": 30527, "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12,
  "intermediate_size": 3072, "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1,
  "max_position_embeddings": 512, "initializer_range": 0.02, "layer_norm_eps": 1e-12,
  "relative_attention_num_buckets": 32, "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2})"},
    {"mt5 umt5", R"({
  "vocab_size": 250112, "d_model": 512, "d_kv": 64, "d_ff": 1024, "num_layers": 8, "num_decoder_layers": null, "num_heads": 6,
  "relative_attention_num_buckets": 32, "relative_attention_max_distance": 128, "dropout_rate": 0.1,
  "classifier_dropout": 0.0, "layer_norm_epsilon": 1e-06, "initializer_factor": 1.0, "feed_forward_proj": "gated-gelu",
  "pad_token_id": 0, "eos_token_id": 1, "decoder_start_token_id": 0})"},
    {"mvp", R"({
  "vocab_size": 50267, "max_position_embeddings": 1024, "d_model": 1024,
  "encoder_layers": 12, "encoder_ffn_dim": 4096, "encoder_attention_heads": 16,
  "decoder_layers": 12, "decoder_ffn_dim": 4096, "decoder_attention_heads": 16, "activation_function": "gelu",
  "dropout": 0.1, "attention_dropout": 0.0, "activation_dropout": 0.0, "classifier_dropout": 0.0, "init_std": 0.02,
  "scale_embedding": false, "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2, "decoder_start_token_id": 2,
  "use_prompt": false, "prompt_length": 100, "prompt_mid_dim": 800})"},
    {"nomic_bert", R"({
  "vocab_size": 30528, "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12,
  "intermediate_size": 3072, "hidden_act": "silu", "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0,
  "max_position_embeddings": 2048, "type_vocab_size": 2, "initializer_range": 0.02, "layer_norm_eps": 1e-12,
  "pad_token_id": 0, "classifier_dropout": null, "head_dim": null})"},
    {"nystromformer", R"({
  "vocab_size": 30000, "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12,
  "intermediate_size": 3072, "hidden_act": "gelu_new", "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1,
  "max_position_embeddings": 510, "type_vocab_size": 2, "segment_means_seq_len": 64, "num_landmarks": 64,
  "conv_kernel_size": 65, "inv_coeff_init_option": false, "initializer_range": 0.02, "layer_norm_eps": 1e-05,
  "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2})"},
    {"phi3", R"({
  "vocab_size": 32064, "hidden_size": 3072, "intermediate_size": 8192, "num_hidden_layers": 32,
  "num_attention_heads": 32, "num_key_value_heads": null, "resid_pdrop": 0.0, "embd_pdrop": 0.0,
  "attention_dropout": 0.0, "hidden_act": "silu", "max_position_embeddings": 4096,
  "original_max_position_embeddings": 4096, "initializer_range": 0.02, "rms_norm_eps": 1e-5,
  "bos_token_id": 1, "eos_token_id": 32000, "pad_token_id": 32000, "sliding_window": null})"},
    {"plbart", R"({
  "vocab_size": 50005, "max_position_embeddings": 1024, "d_model": 768,
  "encoder_layers": 6, "encoder_ffn_dim": 3072, "encoder_attention_heads": 12,
  "decoder_layers": 6, "decoder_ffn_dim": 3072, "decoder_attention_heads": 12, "activation_function": "gelu",
  "dropout": 0.1, "attention_dropout": 0.1, "activation_dropout": 0.0, "classifier_dropout": 0.0, "init_std": 0.02,
  "scale_embedding": true, "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2})"},
    {"qwen2", R"({
  "vocab_size": 151936, "hidden_size": 4096, "intermediate_size": 22016, "num_hidden_layers": 32,
  "num_attention_heads": 32, "num_key_value_heads": 32, "hidden_act": "silu", "max_position_embeddings": 32768,
  "initializer_range": 0.02, "rms_norm_eps": 1e-6, "use_sliding_window": false, "sliding_window": null,
  "max_window_layers": 28, "attention_dropout": 0.0, "pad_token_id": null})"},
    {"qwen3", R"({
  "vocab_size": 151936, "hidden_size": 4096, "intermediate_size": 22016, "num_hidden_layers": 32,
  "num_attention_heads": 32, "num_key_value_heads": 32, "head_dim": 128, "hidden_act": "silu",
  "max_position_embeddings": 32768, "initializer_range": 0.02, "rms_norm_eps": 1e-6, "use_sliding_window": false,
  "sliding_window": null, "max_window_layers": 28, "attention_bias": false, "attention_dropout": 0.0,
  "pad_token_id": null})"},
    {"rembert", R"({
  "vocab_size": 250300, "hidden_size": 1152, "num_hidden_layers": 32, "num_attention_heads": 18,
  "input_embedding_size": 256, "intermediate_size": 4608, "hidden_act": "gelu", "hidden_dropout_prob": 0.0,
  "attention_probs_dropout_prob": 0.0, "classifier_dropout_prob": 0.1, "max_position_embeddings": 512,
  "type_vocab_size": 2, "initializer_range": 0.02, "layer_norm_eps": 1e-12, "pad_token_id": 0, "bos_token_id": 312,
  "eos_token_id": 313})"},
    {"roberta", kRoberta},
    {"roberta-prelayernorm", kRoberta},
    {"roc_bert", R"({
  "vocab_size": 30522, "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12,
  "intermediate_size": 3072, "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1,
  "max_position_embeddings": 512, "type_vocab_size": 2, "initializer_range": 0.02, "layer_norm_eps": 1e-12,
  "pad_token_id": 0, "classifier_dropout": null, "enable_pronunciation": true, "enable_shape": true,
  "pronunciation_embed_dim": 768, "pronunciation_vocab_size": 910, "shape_embed_dim": 512, "shape_vocab_size": 24858,
  "concat_input": true})"},
    {"roformer", R"({
  "vocab_size": 50000, "embedding_size": null, "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12,
  "intermediate_size": 3072, "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1,
  "max_position_embeddings": 1536, "type_vocab_size": 2, "initializer_range": 0.02, "layer_norm_eps": 1e-12,
  "pad_token_id": 0, "rotary_value": false})"},
    {"squeezebert", R"({
  "vocab_size": 30522, "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12,
  "intermediate_size": 3072, "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1,
  "max_position_embeddings": 512, "type_vocab_size": 2, "initializer_range": 0.02, "layer_norm_eps": 1e-12,
  "pad_token_id": 0, "embedding_size": 768, "q_groups": 4, "k_groups": 4, "v_groups": 4, "post_attention_groups": 1,
  "intermediate_groups": 4, "output_groups": 4})"},
    {"t5", R"({
  "vocab_size": 32128, "d_model": 512, "d_kv": 64, "d_ff": 2048, "num_layers": 6, "num_decoder_layers": null, "num_heads": 8,
  "relative_attention_num_buckets": 32, "relative_attention_max_distance": 128, "dropout_rate": 0.1,
  "classifier_dropout": 0.0, "layer_norm_epsilon": 1e-06, "initializer_factor": 1.0, "feed_forward_proj": "relu",
  "pad_token_id": 0, "eos_token_id": 1, "decoder_start_token_id": null})"},
    {"ultrabert", R"({
  "vocab_size": 32000, "hidden_size": 4096, "intermediate_size": 11008, "num_hidden_layers": 32,
  "num_attention_heads": 32, "num_key_value_heads": null, "head_dim": null, "hidden_act": "silu",
  "max_position_embeddings": 32768, "initializer_range": 0.02, "rms_norm_eps": 1e-6, "pad_token_id": 0,
  "attention_bias": false, "attention_dropout": 0.0, "mlp_bias": false, "classifier_pooling": "cls",
  "sliding_window": 128, "classifier_dropout": 0.0})"},
    {"xlm-roberta", kXlmRoberta},
    {"xlm-roberta-xl", R"({
  "vocab_size": 250880, "hidden_size": 2560, "num_hidden_layers": 36, "num_attention_heads": 32,
  "intermediate_size": 10240, "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1,
  "max_position_embeddings": 514, "type_vocab_size": 1, "initializer_range": 0.02, "layer_norm_eps": 1e-05,
  "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2, "classifier_dropout": null})"},
    {"xlnet", R"({
  "vocab_size": 32000, "d_model": 1024, "n_layer": 24, "n_head": 16, "d_inner": 4096, "d_head": null,
  "ff_activation": "gelu", "attn_type": "bi", "initializer_range": 0.02, "layer_norm_eps": 1e-12, "dropout": 0.1,
  "bi_data": false, "clamp_len": -1, "same_length": false, "summary_type": "last", "summary_use_proj": true,
  "summary_activation": "tanh", "summary_last_dropout": 0.1, "pad_token_id": 5, "bos_token_id": 1, "eos_token_id": 2})"},
});

}  // namespace

std::string model_type_in(std::string_view name) {
  std::string_view longest;
  for (const Defaults& entry : kDefaults) {
    for (const std::string_view type : split_words(entry.model_types)) {
      if (name.find(type) != std::string_view::npos && type.size() > longest.size()) longest = type;
    }
  }
  return std::string(longest);
}

nlohmann::json default_config(std::string_view model_type) {
  nlohmann::json out = nlohmann::json::object();
  for (const Defaults& entry : kDefaults) {
    if (!has_word(entry.model_types, model_type)) continue;
    const nlohmann::json values = parse_json(entry.json, model_type);
    for (const auto& [key, value] : values.items()) out[canonical_name(model_type, key)] = value;
  }
  return out;
}

}  // namespace verdict

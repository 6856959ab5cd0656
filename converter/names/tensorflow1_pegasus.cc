#include <array>

#include "verdict_convert/names/tensorflow1.h"

namespace verdict::convert {

namespace {

constexpr std::array kRules{
    NameRule{"$/embeddings/word_embeddings", "$.shared.weight"},
    NameRule{"$/embeddings/position_embeddings", "$.encoder.embed_positions.weight"},
    NameRule{"$/embeddings/position_embeddings", "$.decoder.embed_positions.weight"},
    NameRule{"$/*/LayerNorm/@", "$.*.layernorm_embedding"},
    NameRule{"$/*/layer_#/attention/self/LayerNorm/@", "$.*.layers.#.self_attn_layer_norm"},
    NameRule{"$/*/layer_#/attention/encdec/LayerNorm/@", "$.*.layers.#.encoder_attn_layer_norm"},
    NameRule{"$/*/layer_#/intermediate/LayerNorm/@", "$.*.layers.#.final_layer_norm"},
    NameRule{"$/*/layer_#/intermediate/dense/@", "$.*.layers.#.fc1"},
    NameRule{"$/*/layer_#/output/dense/@", "$.*.layers.#.fc2"},
    NameRule{"$/encoder/layer_#/attention/self/*/@", "$.encoder.layers.#.self_attn.self.*"},
    NameRule{"$/encoder/layer_#/attention/output/dense/@", "$.encoder.layers.#.self_attn.output",
             Layout::kTransposedMerged},
    NameRule{"$/decoder/layer_#/attention/output/dense/@", "$.decoder.layers.#.self_attn.out_proj",
             Layout::kTransposedMerged},
    NameRule{"$/decoder/layer_#/attention/encdec_output/dense/@",
             "$.decoder.layers.#.encoder_attn.out_proj", Layout::kTransposedMerged},
    NameRule{"$/decoder/layer_#/attention/self/query/@", "$.decoder.layers.#.self_attn.q_proj"},
    NameRule{"$/decoder/layer_#/attention/self/key/@", "$.decoder.layers.#.self_attn.k_proj"},
    NameRule{"$/decoder/layer_#/attention/self/value/@", "$.decoder.layers.#.self_attn.v_proj"},
    NameRule{"$/decoder/layer_#/attention/encdec/query/@",
             "$.decoder.layers.#.encoder_attn.q_proj"},
    NameRule{"$/decoder/layer_#/attention/encdec/key/@", "$.decoder.layers.#.encoder_attn.k_proj"},
    NameRule{"$/decoder/layer_#/attention/encdec/value/@",
             "$.decoder.layers.#.encoder_attn.v_proj"},
};

/// Attention has no biases in the model, though the code base stores some.
constexpr std::array kSkips{
    SkipRule{"$/*/layer_#/attention/*/*/bias", SkipReason::kUnused},
};

constexpr std::array kNames{TypeNames{"bigbird_pegasus", "pegasus", "model", kRules, {}, kSkips}};

}  // namespace

std::span<const TypeNames> pegasus_names() { return kNames; }

}  // namespace verdict::convert

#include <array>

#include "verdict_convert/names/tensorflow1.h"

namespace verdict::convert {

namespace {

constexpr std::array kRules{
    NameRule{"$/embeddings/LayerNorm/@", "$.embeddings.LayerNorm"},
    NameRule{"$/embeddings/*", "$.embeddings.*.weight"},
    NameRule{"$/encoder/embedding_hidden_mapping_in/@", "$.encoder.embedding_hidden_mapping_in"},
    NameRule{"$/encoder/transformer/group_#/inner_group_#/attention_1/self/*/@",
             "$.encoder.albert_layer_groups.#.albert_layers.#.attention.*"},
    NameRule{"$/encoder/transformer/group_#/inner_group_#/attention_1/output/dense/@",
             "$.encoder.albert_layer_groups.#.albert_layers.#.attention.dense"},
    NameRule{"$/encoder/transformer/group_#/inner_group_#/LayerNorm/@",
             "$.encoder.albert_layer_groups.#.albert_layers.#.attention.LayerNorm"},
    NameRule{"$/encoder/transformer/group_#/inner_group_#/LayerNorm_1/@",
             "$.encoder.albert_layer_groups.#.albert_layers.#.full_layer_layer_norm"},
    NameRule{"$/encoder/transformer/group_#/inner_group_#/ffn_1/intermediate/dense/@",
             "$.encoder.albert_layer_groups.#.albert_layers.#.ffn"},
    NameRule{"$/encoder/transformer/group_#/inner_group_#/ffn_1/intermediate/output/dense/@",
             "$.encoder.albert_layer_groups.#.albert_layers.#.ffn_output"},
    NameRule{"$/pooler/dense/@", "$.pooler"},
    NameRule{"output_weights", "classifier.weight"},
    NameRule{"output_bias", "classifier.bias"},
};

constexpr std::array kSkips{SkipRule{"cls/**", SkipReason::kPreTrainingHead}};

constexpr std::array kNames{TypeNames{"albert", "bert", "albert", kRules, {}, kSkips}};

}  // namespace

std::span<const TypeNames> albert_names() { return kNames; }

}  // namespace verdict::convert

#include <array>

#include "verdict_convert/names/tensorflow1.h"

namespace verdict::convert {

namespace {

constexpr std::array kRules{
    NameRule{"shared/embedding", "$.shared.weight"},
    NameRule{"*/final_layer_norm/scale", "$.*.final_layer_norm.weight"},
    NameRule{"*/block_#/layer_#/layer_norm/scale", "$.*.block.#.layer.#.layer_norm.weight"},
    NameRule{"*/block_#/layer_#/DenseReluDense/*/kernel",
             "$.*.block.#.layer.#.DenseReluDense.*.weight", Layout::kTransposed},
    // q, k, v, o and relative_attention_bias.
    NameRule{"*/block_#/layer_#/*/*", "$.*.block.#.layer.#.*.*.weight", Layout::kTransposed},
};

constexpr std::array kSkips{SkipRule{"decoder/logits/**", SkipReason::kPreTrainingHead}};

constexpr std::array kNames{TypeNames{"mt5", "", "transformer", kRules, {}, kSkips},
                            TypeNames{"t5", "", "transformer", kRules, {}, kSkips}};

}  // namespace

std::span<const TypeNames> t5_names() { return kNames; }

}  // namespace verdict::convert

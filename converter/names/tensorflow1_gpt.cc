#include <array>

#include "verdict_convert/names/tensorflow1.h"

namespace verdict::convert {

namespace {

/// Kernels of GPT and GPT-2 are convolutions of width 1; the reference's classes multiply by them
/// as they are.
constexpr std::array kLayers{
    NameRule{"model/h#/*/g", "transformer.h.#.*.weight"},
    NameRule{"model/h#/*/b", "transformer.h.#.*.bias"},
    NameRule{"model/h#/*/*/w", "transformer.h.#.*.*.weight", Layout::kSqueezed},
    NameRule{"model/h#/*/*/b", "transformer.h.#.*.*.bias"},
};

constexpr std::array kGpt{
    NameRule{"model/we/positions", "transformer.positions_embed.weight"},
    NameRule{"model/we/tokens", "transformer.tokens_embed.weight"},
};

constexpr std::array kGpt2{NameRule{"model/wte", "transformer.wte.weight"},
                           NameRule{"model/wpe", "transformer.wpe.weight"},
                           NameRule{"model/ln_f/g", "transformer.ln_f.weight"},
                           NameRule{"model/ln_f/b", "transformer.ln_f.bias"}};

constexpr std::array kGptNeo{
    // Rows that fill up the devices' shares are beyond the vocabulary.
    NameRule{"gpt2/wte", "transformer.wte.weight", Layout::kVocabulary},
    NameRule{"gpt2/wpe", "transformer.wpe.weight"},
    NameRule{"gpt2/ln_f/g", "transformer.ln_f.weight"},
    NameRule{"gpt2/ln_f/b", "transformer.ln_f.bias"},
    NameRule{"gpt2/h#/norm_#/g", "transformer.h.#.ln_#.weight"},
    NameRule{"gpt2/h#/norm_#/b", "transformer.h.#.ln_#.bias"},
    NameRule{"gpt2/h#/attn/o", "transformer.h.#.attn.attention.out_proj.weight",
             Layout::kTransposed},
    NameRule{"gpt2/h#/attn/compute_output_bias/o_b",
             "transformer.h.#.attn.attention.out_proj.bias"},
    NameRule{"gpt2/h#/attn/*", "transformer.h.#.attn.attention.*_proj.weight", Layout::kTransposed},
    NameRule{"gpt2/h#/mlp/conv1d_main/*/@", "transformer.h.#.mlp.*"},
};

constexpr std::array kNames{
    TypeNames{"gpt-sw3", "model", "transformer", kGpt2, kLayers, {}},
    TypeNames{"gpt2", "model", "transformer", kGpt2, kLayers, {}},
    TypeNames{"gpt_neo", "gpt2", "transformer", kGptNeo, {}, {}},
    TypeNames{"openai-gpt", "model", "transformer", kGpt, kLayers, {}},
};

}  // namespace

std::span<const TypeNames> gpt_names() { return kNames; }

}  // namespace verdict::convert

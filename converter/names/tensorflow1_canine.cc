#include <array>

#include "verdict_convert/names/tensorflow1.h"

namespace verdict::convert {

namespace {

constexpr std::array kRules{
    NameRule{"char_embeddings/LayerNorm/@", "$.char_embeddings.LayerNorm"},
    NameRule{"char_embeddings/char_position_embeddings",
             "$.char_embeddings.char_position_embeddings.weight"},
    NameRule{"char_embeddings/segment_embeddings",
             "$.char_embeddings.token_type_embeddings.weight"},
    NameRule{"char_embeddings/embeddings/HashBucketCodepointEmbedder_#",
             "$.char_embeddings.HashBucketCodepointEmbedder_#.weight"},
    NameRule{"initial_char_encoder/initial_char_encoder/chars_to_molecules/conv/kernel",
             "$.chars_to_molecules.conv.weight", Layout::kReversed},
    NameRule{"initial_char_encoder/initial_char_encoder/chars_to_molecules/*/@",
             "$.chars_to_molecules.*"},
    NameRule{"final_char_encoder/conv/kernel", "$.projection.conv.weight", Layout::kReversed},
    NameRule{"final_char_encoder/conv/@", "$.projection.conv"},
    NameRule{"final_char_encoder/LayerNorm/@", "$.projection.LayerNorm"},
    NameRule{"bert/layer_#/attention/*/*/@", "$.encoder.layer.#.attention.*.*"},
    NameRule{"bert/layer_#/*/*/@", "$.encoder.layer.#.*.*"},
    NameRule{"*/layer_#/attention/*/*/@", "$.*.layer.#.attention.*.*"},
    NameRule{"*/layer_#/*/*/@", "$.*.layer.#.*.*"},
    NameRule{"pooler/dense/@", "$.pooler.dense"},
};

constexpr std::array kSkips{
    SkipRule{"cls/**", SkipReason::kPreTrainingHead},
    SkipRule{"autoregressive_decoder/**", SkipReason::kPreTrainingHead},
    SkipRule{"char_output_weights", SkipReason::kPreTrainingHead},
    SkipRule{"char_output_bias", SkipReason::kPreTrainingHead},
};

constexpr std::array kNames{TypeNames{"canine", "bert", "canine", kRules, {}, kSkips}};

}  // namespace

std::span<const TypeNames> canine_names() { return kNames; }

}  // namespace verdict::convert

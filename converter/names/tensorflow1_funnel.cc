#include <array>

#include "verdict_convert/names/tensorflow1.h"

namespace verdict::convert {

namespace {

constexpr std::array kRules{
    NameRule{"model/input/word_embedding/lookup_table", "$.embeddings.word_embeddings.weight"},
    NameRule{"model/input/layer_norm/@", "$.embeddings.layer_norm"},
    NameRule{"model/encoder/layer_#/rel_attn/layer_norm/@",
             "$.encoder.blocks.~.attention.layer_norm"},
    NameRule{"model/encoder/layer_#/rel_attn/o/@", "$.encoder.blocks.~.attention.post_proj",
             Layout::kTransposedMerged},
    NameRule{"model/encoder/layer_#/rel_attn/r/kernel", "$.encoder.blocks.~.attention.r_kernel"},
    NameRule{"model/encoder/layer_#/rel_attn/*/@", "$.encoder.blocks.~.attention.*_head"},
    NameRule{"model/encoder/layer_#/rel_attn/*", "$.encoder.blocks.~.attention.*"},
    NameRule{"model/encoder/layer_#/ff/layer_norm/@", "$.encoder.blocks.~.ffn.layer_norm"},
    NameRule{"model/encoder/layer_#/ff/layer_#/@", "$.encoder.blocks.~.ffn.linear_#"},
    NameRule{"model/sequnece_summary/summary/@", "classifier.linear_hidden"},  // theirs
    NameRule{"model/*/logit/@", "classifier.linear_out"},
};

constexpr std::array kSkips{
    SkipRule{"model/decoder/**", SkipReason::kUnused},
    SkipRule{"generator/**", SkipReason::kPreTrainingHead},
    SkipRule{"model/binary_loss/**", SkipReason::kPreTrainingHead},
    SkipRule{"model/binary_proj/**", SkipReason::kPreTrainingHead},
    SkipRule{"model/lm_loss/**", SkipReason::kPreTrainingHead},
    SkipRule{"model/lm_proj/**", SkipReason::kPreTrainingHead},
};

constexpr std::array kNames{TypeNames{"funnel", "model", "funnel", kRules, {}, kSkips}};

}  // namespace

std::span<const TypeNames> funnel_names() { return kNames; }

}  // namespace verdict::convert

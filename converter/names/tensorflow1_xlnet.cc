#include <array>

#include "verdict_convert/names/tensorflow1.h"

namespace verdict::convert {

namespace {

constexpr std::array kRules{
    NameRule{"$/word_embedding/lookup_table", "$.word_embedding.weight"},
    NameRule{"$/mask_emb/mask_emb", "$.mask_emb"},
    NameRule{"$/layer_#/rel_attn/LayerNorm/@", "$.layer.#.rel_attn.layer_norm"},
    NameRule{"$/layer_#/rel_attn/*/kernel", "$.layer.#.rel_attn.*"},
    NameRule{"$/layer_#/ff/LayerNorm/@", "$.layer.#.ff.layer_norm"},
    NameRule{"$/layer_#/ff/layer_#/@", "$.layer.#.ff.layer_#"},
    NameRule{"$/r_*_bias", "$.layer.%.rel_attn.r_*_bias", Layout::kByLayerOrShared},
    NameRule{"$/seg_embed", "$.layer.%.rel_attn.seg_embed", Layout::kByLayer},
    NameRule{"model/sequnece_summary/summary/@", "sequence_summary.summary"},  // theirs
    NameRule{"model/classification_*/logit/@", "logits_proj"},
    NameRule{"model/regression_*/logit/@", "logits_proj"},
};

constexpr std::array kSkips{SkipRule{"model/lm_loss/**", SkipReason::kPreTrainingHead}};

constexpr std::array kNames{
    TypeNames{"xlnet", "model/transformer", "transformer", kRules, {}, kSkips}};

}  // namespace

std::span<const TypeNames> xlnet_names() { return kNames; }

}  // namespace verdict::convert

#include <array>

#include "verdict_convert/names/tensorflow1.h"

namespace verdict::convert {

namespace {

using enum SkipReason;

constexpr NameRule kTables{"$/embeddings/*", "$.embeddings.*.weight"};
constexpr NameRule kEmbeddingsNorm{"$/embeddings/LayerNorm/@", "$.embeddings.LayerNorm"};
constexpr NameRule kPooler{"$/pooler/dense/@", "$.pooler.dense"};
constexpr NameRule kHeadWeight{"output_weights", "classifier.weight"};
constexpr NameRule kHeadBias{"output_bias", "classifier.bias"};

/// Kernels of attention may have their heads as an axis.
constexpr std::array kLayers{
    NameRule{"$/encoder/layer_#/attention/self/*/@", "$.encoder.layer.#.attention.self.*"},
    NameRule{"$/encoder/layer_#/attention/output/dense/@",
             "$.encoder.layer.#.attention.output.dense", Layout::kTransposedMerged},
    NameRule{"$/encoder/layer_#/attention/output/LayerNorm/@",
             "$.encoder.layer.#.attention.output.LayerNorm"},
    NameRule{"$/encoder/layer_#/intermediate/dense/@", "$.encoder.layer.#.intermediate.dense"},
    NameRule{"$/encoder/layer_#/output/*/@", "$.encoder.layer.#.output.*"},
};

constexpr std::array kBert{kEmbeddingsNorm, kTables, kPooler, kHeadWeight, kHeadBias};

/// Its norms stand before what BERT's stand behind.
constexpr std::array kMegatron{
    NameRule{"$/encoder/layer_#/attention/ln/@", "$.encoder.layer.#.attention.ln"},
    NameRule{"$/encoder/layer_#/ln/@", "$.encoder.layer.#.ln"},
    NameRule{"$/encoder/ln/@", "$.encoder.ln"},
    kTables,
    kPooler,
    kHeadWeight,
    kHeadBias};

constexpr std::array kRemBert{
    kEmbeddingsNorm,
    kTables,
    kPooler,
    kHeadWeight,
    kHeadBias,
    NameRule{"$/encoder/embedding_hidden_mapping_in/@", "$.encoder.embedding_hidden_mapping_in"}};

/// TAPAS' head for classes; the others select cells.
constexpr std::array kTapas{kEmbeddingsNorm, kTables, kPooler,
                            NameRule{"output_weights_cls", "classifier.weight"},
                            NameRule{"output_bias_cls", "classifier.bias"}};

constexpr std::array kMobileBert{
    kEmbeddingsNorm,
    NameRule{"$/embeddings/FakeLayerNorm/@", "$.embeddings.LayerNorm"},
    NameRule{"$/embeddings/embedding_transformation/@", "$.embeddings.embedding_transformation"},
    kTables,
    kPooler,
    kHeadWeight,
    kHeadBias,
    NameRule{"$/encoder/layer_#/attention/output/FakeLayerNorm/@",
             "$.encoder.layer.#.attention.output.LayerNorm"},
    NameRule{"$/encoder/layer_#/output/FakeLayerNorm/@", "$.encoder.layer.#.output.LayerNorm"},
    NameRule{"$/encoder/layer_#/output/bottleneck/FakeLayerNorm/@",
             "$.encoder.layer.#.output.bottleneck.LayerNorm"},
    NameRule{"$/encoder/layer_#/output/bottleneck/*/@", "$.encoder.layer.#.output.bottleneck.*"},
    NameRule{"$/encoder/layer_#/bottleneck/*/FakeLayerNorm/@",
             "$.encoder.layer.#.bottleneck.*.LayerNorm"},
    NameRule{"$/encoder/layer_#/bottleneck/*/*/@", "$.encoder.layer.#.bottleneck.*.*"},
    NameRule{"$/encoder/layer_#/ffn_layer_#/output/FakeLayerNorm/@",
             "$.encoder.layer.#.ffn.#.output.LayerNorm"},
    NameRule{"$/encoder/layer_#/ffn_layer_#/*/*/@", "$.encoder.layer.#.ffn.#.*.*"},
};

constexpr std::array kBigBird{kTables, NameRule{"$/encoder/LayerNorm/@", "$.embeddings.LayerNorm"},
                              NameRule{"$/pooler/dense/@", "$.pooler"}};

constexpr std::array kProjected{kEmbeddingsNorm, kTables,
                                NameRule{"$/embeddings_project/@", "$.embeddings_project"}};

constexpr std::array kConvBert{
    kEmbeddingsNorm,
    kTables,
    NameRule{"$/embeddings_project/@", "$.embeddings_project"},
    NameRule{"$/encoder/layer_#/attention/self/conv_attn_key/depthwise_kernel",
             "$.encoder.layer.#.attention.self.key_conv_attn_layer.depthwise.weight",
             Layout::kDepthwise},
    NameRule{"$/encoder/layer_#/attention/self/conv_attn_key/pointwise_kernel",
             "$.encoder.layer.#.attention.self.key_conv_attn_layer.pointwise.weight",
             Layout::kReversed},
    NameRule{"$/encoder/layer_#/attention/self/conv_attn_key/bias",
             "$.encoder.layer.#.attention.self.key_conv_attn_layer.bias", Layout::kColumn},
    NameRule{"$/encoder/layer_#/attention/self/conv_attn_kernel/@",
             "$.encoder.layer.#.attention.self.conv_kernel_layer"},
    NameRule{"$/encoder/layer_#/attention/self/conv_attn_point/@",
             "$.encoder.layer.#.attention.self.conv_out_layer"},
    // Groups: [groups, in, out] is the parameter's own shape.
    NameRule{"$/encoder/layer_#/*/g_dense/@", "$.encoder.layer.#.*.dense", Layout::kAsStored},
};

constexpr std::array kPreTraining{SkipRule{"cls/**", kPreTrainingHead}};

constexpr std::array kElectraHeads{SkipRule{"generator/**", kPreTrainingHead},
                                   SkipRule{"generator_predictions/**", kPreTrainingHead},
                                   SkipRule{"discriminator_predictions/**", kPreTrainingHead},
                                   SkipRule{"task_specific/**", kUnrepresentable}};

/// One layer on the pooled token, where the reference's class has two.
constexpr std::array kRoFormerHeads{SkipRule{"cls/**", kPreTrainingHead},
                                    SkipRule{"output_weights", kUnrepresentable},
                                    SkipRule{"output_bias", kUnrepresentable}};
constexpr std::array kBigBirdHeads{SkipRule{"cls/**", kPreTrainingHead},
                                   SkipRule{"$/classifier/**", kUnrepresentable}};

constexpr std::array kTapasHeads{
    SkipRule{"cls/**", kPreTrainingHead},    SkipRule{"output_weights", kUnused},
    SkipRule{"output_bias", kUnused},        SkipRule{"output_weights_agg", kUnused},
    SkipRule{"output_bias_agg", kUnused},    SkipRule{"column_output_weights", kUnused},
    SkipRule{"column_output_bias", kUnused},
};

constexpr std::array kNames{
    TypeNames{"bert", "bert", "bert", kBert, kLayers, kPreTraining},
    TypeNames{"big_bird", "bert", "bert", kBigBird, kLayers, kBigBirdHeads},
    TypeNames{"convbert", "electra", "convbert", kConvBert, kLayers, kElectraHeads},
    TypeNames{"electra", "electra", "electra", kProjected, kLayers, kElectraHeads},
    TypeNames{"megatron-bert", "bert", "bert", kMegatron, kLayers, kPreTraining},
    TypeNames{"mobilebert", "bert", "mobilebert", kMobileBert, kLayers, kPreTraining},
    TypeNames{"rembert", "bert", "rembert", kRemBert, kLayers, kPreTraining},
    TypeNames{"roc_bert", "bert", "roc_bert", kBert, kLayers, kPreTraining},
    TypeNames{"roformer", "bert", "roformer", kProjected, kLayers, kRoFormerHeads},
    TypeNames{"tapas", "bert", "tapas", kTapas, kLayers, kTapasHeads},
};

}  // namespace

std::span<const TypeNames> bert_names() { return kNames; }

}  // namespace verdict::convert

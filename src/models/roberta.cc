// RoBERTa: Liu et al. 2019, https://arxiv.org/abs/1907.11692. XLM-RoBERTa, CamemBERT, data2vec's
// text model and I-BERT in floating point are the same architecture; RoBERTa-PreLayerNorm and
// XLM-RoBERTa-XL normalise before each block. Reference: transformers,
// RobertaForSequenceClassification and its kin.
#include <string>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"
#include "verdict/models/bert_encoder.h"
#include "verdict/nn/inputs.h"

namespace verdict::models {

namespace {

void build(ModelBuilder& model, const Scope& base, bool embedding_norm = true,
           const BertEncoderOptions& options = {}) {
  const PretrainedConfig& config = model.config();
  const auto pad_token_id = config.get<std::int32_t>("pad_token_id");
  const Value positions =
      nn::token_count_positions(base, max_position_embeddings(config), pad_token_id);
  const Value embedded =
      bert_embeddings(model, base["embeddings"], positions, model.hidden_size(),
                      {.norm = embedding_norm, .padding_position = pad_token_id});
  const Value last = bert_encoder(model, base["encoder"], embedded, options);
  model.logits(dense_head(model, model.root()["classifier"], last, "tanh"));
}

void build_roberta(ModelBuilder& model) { build(model, model.root()["roberta"]); }

void build_data2vec_text(ModelBuilder& model) { build(model, model.root()["data2vec_text"]); }

void build_ibert(ModelBuilder& model) {
  const PretrainedConfig& config = model.config();
  if (config.get<bool>("quant_mode")) {
    throw Error(ErrorCode::kUnsupported,
                "The config's quant_mode is true, I-BERT's own integer arithmetic, which is not "
                "supported. Set it to false; dtype \"q8\" quantises at load time.");
  }
  if (const auto activation = config.get<std::string>("hidden_act"); activation != "gelu") {
    throw Error(ErrorCode::kInvalidArgument,
                concat("The config's hidden_act is \"", activation, "\"; I-BERT knows gelu only."));
  }
  build(model, model.root()["ibert"], true, {.attention = {.may_decode = false}});
}

void build_roberta_prelayernorm(ModelBuilder& model) {
  const Scope base = model.root()["roberta_prelayernorm"];
  build(model, base, true,
        {.attention_norm = "attention.LayerNorm",
         .feed_forward_norm = "intermediate.LayerNorm",
         .last_norm = base["LayerNorm"]});
}

void build_xlm_roberta_xl(ModelBuilder& model) {
  const Scope base = model.root()["roberta"];
  build(model, base, false,
        {.attention_norm = "attention.self_attn_layer_norm",
         .feed_forward_norm = "LayerNorm",
         .last_norm = base["encoder"]["LayerNorm"]});
}

std::int64_t max_length(const PretrainedConfig& config) {
  return max_counted_tokens(config, config.get<std::int64_t>("pad_token_id"));
}

}  // namespace

extern const Family roberta_family;
const Family roberta_family{"roberta", kBertArguments, &build_roberta, &max_length};

extern const Family data2vec_text_family;
const Family data2vec_text_family{"data2vec_text", kBertArguments, &build_data2vec_text,
                                  &max_length};

extern const Family ibert_family;
const Family ibert_family{"ibert", kBertArguments, &build_ibert, &max_length};

extern const Family roberta_prelayernorm_family;
const Family roberta_prelayernorm_family{"roberta_prelayernorm", kBertArguments,
                                         &build_roberta_prelayernorm, &max_length};

extern const Family xlm_roberta_xl_family;
const Family xlm_roberta_xl_family{"roberta", kBertArguments, &build_xlm_roberta_xl, &max_length};

}  // namespace verdict::models

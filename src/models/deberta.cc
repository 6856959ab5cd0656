// DeBERTa: He et al. 2020, https://arxiv.org/abs/2006.03654; its later versions (He et al. 2021,
// https://arxiv.org/abs/2111.09543) have log buckets of distances and may have a convolution.
// Reference: transformers, DebertaForSequenceClassification and
// DebertaV2ForSequenceClassification.
#include <string>

#include "verdict/base/error.h"
#include "verdict/models/bert_encoder.h"
#include "verdict/models/disentangled_attention.h"
#include "verdict/nn/inputs.h"

namespace verdict::models {

namespace {

Value embeddings(const ModelBuilder& model, const Scope& scope) {
  const PretrainedConfig& config = model.config();
  const std::int64_t hidden = model.hidden_size();
  const auto vocab_size = config.get<std::int64_t>("vocab_size");
  const auto type_vocab_size = config.get<std::int64_t>("type_vocab_size");
  const auto size = config.get_or<std::int64_t>("embedding_size", hidden);

  Value x = nn::embedding(scope["word_embeddings"], nn::input_ids(scope, vocab_size), vocab_size,
                          size, config.get_or<std::int64_t>("pad_token_id", -1));
  if (config.get<bool>("position_biased_input")) {
    const std::int64_t positions = max_position_embeddings(config);
    const Value ids = nn::column_positions(scope, positions);
    x = nn::add(scope, x, nn::embedding(scope["position_embeddings"], ids, positions, size));
  }
  if (type_vocab_size > 0) {
    const Value ids = nn::optional_input(scope, "token_type_ids", type_vocab_size, 0);
    x = nn::add(scope, x,
                nn::embedding(scope["token_type_embeddings"], ids, type_vocab_size, size));
  }
  if (size != hidden) x = nn::linear(scope["embed_proj"], x, hidden, {.bias = false});
  x = nn::layer_norm(scope["LayerNorm"], x, config.get<double>("layer_norm_eps"));
  return nn::dropout(scope, x, config.get<double>("hidden_dropout_prob"));
}

/// A convolution over the embeddings, added to the first layer's output.
Value convolution(const ModelBuilder& model, const Scope& scope, Value embedded, Value x) {
  const PretrainedConfig& config = model.config();
  Value y = nn::convolution(scope["conv"], embedded, model.hidden_size(),
                            config.get<std::int64_t>("conv_kernel_size"),
                            {.groups = config.get<std::int64_t>("conv_groups")});
  y = nn::dropout(scope, y, config.get<double>("hidden_dropout_prob"));
  y = nn::activation(scope, y, config.get<std::string>("conv_act"));
  return nn::layer_norm(scope["LayerNorm"], nn::add(scope, x, y),
                        config.get<double>("layer_norm_eps"));
}

void build(ModelBuilder& model, bool is_first_version) {
  const PretrainedConfig& config = model.config();
  const Scope deberta = model.root()["deberta"];
  const Scope encoder = deberta["encoder"];
  if (config.get_or<bool>("talking_head", false)) {
    throw Error(ErrorCode::kUnsupported,
                "The config's talking_head is true, which is not supported; false was expected.");
  }
  const Value embedded = embeddings(model, deberta["embeddings"]);
  const auto distances = relative_distances(model, encoder);

  BertEncoderOptions options;
  options.self_attention = [&](ModelBuilder& builder, const Scope& scope, Value x, std::int64_t) {
    return disentangled_attention(builder, scope, x, distances, is_first_version);
  };
  if (config.get_or<std::int64_t>("conv_kernel_size", 0) > 0) {
    options.after_layer = [&](Value x, std::int64_t layer) {
      return layer == 0 ? convolution(model, encoder["conv"], embedded, x) : x;
    };
  }
  const Value last = bert_encoder(model, encoder, embedded, options);

  const Scope pooler = model.root()["pooler"];
  Value x =
      nn::dropout(pooler, nn::first_token(pooler, last), config.get<double>("pooler_dropout"));
  x = nn::linear(pooler["dense"], x, model.hidden_size());
  x = nn::activation(pooler, x, config.get<std::string>("pooler_hidden_act"));
  x = nn::dropout(pooler, x,
                  config.get_or<double>("cls_dropout", config.get<double>("hidden_dropout_prob")));
  model.logits(nn::linear(model.root()["classifier"], x, model.num_labels()));
}

void build_first(ModelBuilder& model) { build(model, true); }

void build_later(ModelBuilder& model) { build(model, false); }

/// Relative positions have no bound.
std::int64_t max_length(const PretrainedConfig& config) {
  return config.get<bool>("position_biased_input") ? max_position_embeddings(config) : kNoLimit;
}

}  // namespace

extern const Family deberta_family;
const Family deberta_family{"deberta", kBertArguments, &build_first, &max_length};

extern const Family deberta_v2_family;
const Family deberta_v2_family{"deberta", kBertArguments, &build_later, &max_length};

}  // namespace verdict::models

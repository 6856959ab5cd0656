#include "verdict/models/bert_encoder.h"

#include <cmath>
#include <set>
#include <string>

#include "verdict/base/error.h"
#include "verdict/base/json.h"
#include "verdict/base/strings.h"
#include "verdict/nn/inputs.h"

namespace verdict::models {

namespace {

enum class Positions { kAbsolute, kRelativeKey, kRelativeKeyQuery };

Positions position_type(const PretrainedConfig& config) {
  const auto type = config.get_or<std::string>("position_embedding_type", "absolute");
  if (type == "absolute") return Positions::kAbsolute;
  if (type == "relative_key") return Positions::kRelativeKey;
  if (type == "relative_key_query") return Positions::kRelativeKeyQuery;
  throw Error(ErrorCode::kInvalidArgument,
              concat("The config's position_embedding_type is \"", type,
                     "\"; absolute, relative_key or relative_key_query was expected."));
}

/// The heads of a layer that are left: `pruned_heads` is {"layer": [heads]}.
std::int64_t kept_heads(const PretrainedConfig& config, std::int64_t layer) {
  const auto heads = config.get<std::int64_t>("num_attention_heads");
  if (!config.has("pruned_heads")) return heads;
  const auto pruned = config.get<nlohmann::json>("pruned_heads");
  const auto found = pruned.find(std::to_string(layer));
  if (pruned.is_object() && found == pruned.end()) return heads;
  std::set<std::int64_t> gone;
  bool valid = pruned.is_object() && found->is_array();
  for (const auto& head : valid ? *found : nlohmann::json::array()) {
    valid = valid && head.is_number_integer() && head >= 0 && head < heads;
    if (valid) gone.insert(head.get<std::int64_t>());
  }
  if (!valid || static_cast<std::int64_t>(gone.size()) >= heads) {
    throw Error(ErrorCode::kInvalidArgument,
                concat("The config's pruned_heads is ", to_text(pruned),
                       "; an object with lists of heads below ", heads,
                       " by layer, which leave one head at least, was expected."));
  }
  return heads - static_cast<std::int64_t>(gone.size());
}

/// Adds scale · query · E[distance] and, where asked for, scale · key · E[distance] to the scores.
void add_distances(const PretrainedConfig& config, const Scope& scope, Value query,
                   std::int64_t head_size, double scale, nn::Attention& attention) {
  const Positions type = position_type(config);
  if (type == Positions::kAbsolute) return;
  const auto most = config.get<std::int64_t>("max_position_embeddings");
  const Scope distances = scope["distance_embedding"];
  const Value table =
      nn::table(distances, "weight", {2 * most - 1, head_size}, scope.weight_initializer());
  const Value columns = nn::token_columns(distances, most);
  const auto row = [zero = static_cast<std::int32_t>(most - 1)](std::int32_t distance) {
    return distance + zero;
  };
  attention.query_term(query, table, columns, columns, row, scale);
  if (type == Positions::kRelativeKeyQuery) attention.key_term(table, columns, columns, row, scale);
}

Value bert_layer(ModelBuilder& model, const Scope& scope, Value x, std::int64_t layer,
                 const BertEncoderOptions& options) {
  const PretrainedConfig& config = model.config();
  const auto hidden = config.get<std::int64_t>("hidden_size");
  const auto eps = config.get<double>("layer_norm_eps");
  const auto dropout = config.get<double>("hidden_dropout_prob");
  const nn::LinearOptions by_group{.transposed = options.feed_forward_groups > 1,
                                   .groups = options.feed_forward_groups};
  const auto norm_before = [&](std::string_view name, Value value) {
    return name.empty() ? value : nn::layer_norm(scope[name], value, eps);
  };
  const auto norm_behind = [&](std::string_view before, const Scope& output, Value sum) {
    return before.empty() ? nn::layer_norm(output["LayerNorm"], sum, eps) : sum;
  };

  const Scope attention_output = scope["attention"]["output"];
  Value y = norm_before(options.attention_norm, x);
  const Scope self = scope["attention"]["self"];
  y = options.self_attention ? options.self_attention(model, self, y, layer)
                             : bert_self_attention(model, self, y, layer, options.attention);
  y = nn::dropout(scope, nn::linear(attention_output["dense"], y, hidden), dropout);
  x = norm_behind(options.attention_norm, attention_output, nn::add(scope, y, x));

  y = norm_before(options.feed_forward_norm, x);
  y = nn::linear(scope["intermediate"]["dense"], y, config.get<std::int64_t>("intermediate_size"),
                 by_group);
  y = nn::activation(scope, y, config.get<std::string>("hidden_act"));
  y = nn::dropout(scope, nn::linear(scope["output"]["dense"], y, hidden, by_group), dropout);
  return norm_behind(options.feed_forward_norm, scope["output"], nn::add(scope, y, x));
}

}  // namespace

Value bert_embeddings(const ModelBuilder& model, const Scope& scope,
                      std::optional<Value> position_ids, std::int64_t size,
                      const BertEmbeddingOptions& options) {
  const PretrainedConfig& config = model.config();
  const auto vocab_size = config.get<std::int64_t>("vocab_size");
  const auto type_vocab_size = config.get<std::int64_t>("type_vocab_size");
  const auto pad_token_id = config.get_or<std::int64_t>("pad_token_id", -1);
  const std::int64_t positions = max_position_embeddings(config) + options.first_position;

  Value words =
      nn::embedding(scope["word_embeddings"], nn::input_ids(scope, vocab_size), vocab_size,
                    options.word_size == 0 ? size : options.word_size, pad_token_id);
  if (options.map_words) words = options.map_words(words);
  const Value types = nn::embedding(scope["token_type_embeddings"],
                                    nn::optional_input(scope, "token_type_ids", type_vocab_size, 0),
                                    type_vocab_size, size);
  Value sum = nn::add(scope, words, types);
  const Scope position_scope = scope["position_embeddings"];
  if (position_ids && (options.always_absolute || position_type(config) == Positions::kAbsolute)) {
    sum = nn::add(
        scope, sum,
        nn::embedding(position_scope, *position_ids, positions, size, options.padding_position));
  } else if (position_ids) {
    position_scope.parameter("weight", {positions, size},
                             scope.weight_initializer(options.padding_position));
  }
  if (options.further) sum = nn::add(scope, sum, *options.further);
  if (options.norm)
    sum = nn::layer_norm(scope["LayerNorm"], sum, config.get<double>("layer_norm_eps"));
  return nn::dropout(scope, sum, config.get<double>("hidden_dropout_prob"));
}

Value bert_self_attention(ModelBuilder& model, const Scope& scope, Value x, std::int64_t layer,
                          const BertAttentionOptions& options) {
  const PretrainedConfig& config = model.config();
  const std::int64_t size =
      nn::head_size(model.hidden_size(), config.get<std::int64_t>("num_attention_heads"));
  const std::int64_t heads = kept_heads(config, layer);
  Value query = nn::linear(scope["query"], x, heads * size);
  Value key = nn::linear(scope["key"], x, heads * size);
  Value value = nn::linear(scope["value"], x, heads * size);
  if (options.rotary) {
    const auto rotate = [&](Value y) {
      return nn::rotate(scope, y, options.rotary->table, heads, size, options.rotary->options);
    };
    query = rotate(query);
    key = rotate(key);
    if (options.rotary->values) value = rotate(value);
  }
  nn::Attention attention(scope, query, key, value,
                          {.heads = heads,
                           .head_size = size,
                           .dropout = config.get<double>("attention_probs_dropout_prob")});
  if (options.may_decode && config.get_or<bool>("is_decoder", false) && is_causal(config))
    attention.causal(nn::token_columns(scope));
  const double scale = options.scales_distances ? 1 / std::sqrt(static_cast<double>(size)) : 1;
  if (!options.rotary) add_distances(config, scope, query, size, scale, attention);
  const nn::AttentionResult result = attention.result();
  model.attention(result.probabilities);
  return result.context;
}

Value bert_encoder(ModelBuilder& model, const Scope& scope, Value hidden_states,
                   const BertEncoderOptions& options) {
  const auto layers = model.config().get<std::int64_t>("num_hidden_layers");
  for (std::int64_t i = 0; i < layers; ++i) {
    model.hidden_state(hidden_states);
    hidden_states = bert_layer(model, scope["layer"][i], hidden_states, i, options);
    if (options.after_layer) hidden_states = options.after_layer(hidden_states, i);
  }
  if (options.last_norm) {
    hidden_states = nn::layer_norm(*options.last_norm, hidden_states,
                                   model.config().get<double>("layer_norm_eps"));
  }
  model.hidden_state(hidden_states);
  return hidden_states;
}

Value dense_head(const ModelBuilder& model, const Scope& scope, Value last,
                 std::string_view activation) {
  const double dropout = classifier_dropout(model.config());
  Value x = nn::dropout(scope, nn::first_token(scope, last), dropout);
  x = nn::linear(scope["dense"], x, model.config().get<std::int64_t>("hidden_size"));
  x = nn::dropout(scope, nn::activation(scope, x, activation), dropout);
  return nn::linear(scope["out_proj"], x, model.num_labels());
}

double classifier_dropout(const PretrainedConfig& config) {
  return config.get_or<double>("classifier_dropout", config.get<double>("hidden_dropout_prob"));
}

}  // namespace verdict::models

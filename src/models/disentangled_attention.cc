#include "verdict/models/disentangled_attention.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "verdict/nn/inputs.h"

namespace verdict::models {

namespace {

bool lists(const PretrainedConfig& config, std::string_view attribute, std::string_view name) {
  const auto names = config.get<nlohmann::json>(attribute);
  return std::ranges::any_of(names,
                             [&](const nlohmann::json& n) { return n == std::string(name); });
}

struct Projections {
  Value query;
  Value key;
  Value value;
};

/// The first version stores all three head by head, with a bias of query and value only.
Projections fused_projections(const Scope& scope, Value x, std::int64_t heads, std::int64_t size) {
  const std::int64_t hidden = heads * size;
  const auto zeros = graph::Initializer::zeros();
  const auto parts = nn::interleaved_linear(scope["in_proj"], x, 3, heads, size, {.bias = false});
  return {nn::add_parameter(scope, parts[0], "q_bias", {hidden}, zeros), parts[1],
          nn::add_parameter(scope, parts[2], "v_bias", {hidden}, zeros)};
}

Projections projections(const Scope& scope, Value x, std::int64_t hidden) {
  return {nn::linear(scope["query_proj"], x, hidden), nn::linear(scope["key_proj"], x, hidden),
          nn::linear(scope["value_proj"], x, hidden)};
}

}  // namespace

std::optional<Distances> relative_distances(const ModelBuilder& model, const Scope& scope) {
  const PretrainedConfig& config = model.config();
  if (!config.get<bool>("relative_attention")) return std::nullopt;
  auto most = config.get<std::int64_t>("max_relative_positions");
  if (most < 1) most = max_position_embeddings(config);
  const auto buckets = config.get_or<std::int64_t>("position_buckets", -1);
  graph::RelativeIndex bucket = [](std::int32_t distance) { return distance; };
  if (buckets > 0) bucket = nn::deberta_buckets(buckets, most);

  // Rows from -span to span - 1.
  const std::int64_t span = buckets > 0 ? buckets : most;
  Value table = nn::table(scope["rel_embeddings"], "weight", {2 * span, model.hidden_size()},
                          scope.weight_initializer());
  if (config.has("norm_rel_ebd") && lists(config, "norm_rel_ebd", "layer_norm"))
    table = nn::layer_norm(scope["LayerNorm"], table, config.get<double>("layer_norm_eps"));
  auto row = [bucket, span](std::int32_t distance) {
    return static_cast<std::int32_t>(
        std::clamp<std::int64_t>(bucket(distance) + span, 0, 2 * span - 1));
  };
  return Distances{table, nn::token_columns(scope), std::move(row)};
}

Value disentangled_attention(ModelBuilder& model, const Scope& scope, Value x,
                             const std::optional<Distances>& distances, bool fused) {
  const PretrainedConfig& config = model.config();
  const std::int64_t hidden = model.hidden_size();
  const auto heads = config.get<std::int64_t>("num_attention_heads");
  const std::int64_t size = nn::head_size(hidden, heads);
  const bool content_to_position = lists(config, "pos_att_type", "c2p");
  const bool position_to_content = lists(config, "pos_att_type", "p2c");
  // The first version counts whatever is listed.
  const auto terms = fused ? config.get<nlohmann::json>("pos_att_type").size()
                           : std::size_t{content_to_position} + std::size_t{position_to_content};
  const double scale = 1 / std::sqrt(static_cast<double>(size) * static_cast<double>(1 + terms));

  const auto [query, key, value] =
      fused ? fused_projections(scope, x, heads, size) : projections(scope, x, hidden);
  nn::Attention attention(scope, query, key, value,
                          {.heads = heads,
                           .head_size = size,
                           .scale = scale,
                           .dropout = config.get<double>("attention_probs_dropout_prob")});
  if (distances) {
    const auto& [embeddings, columns, row] = *distances;
    const bool shared = !fused && config.get<bool>("share_att_key");
    const Value table = nn::dropout(scope, embeddings, config.get<double>("hidden_dropout_prob"));
    if (content_to_position) {
      const auto* name = fused ? "pos_proj" : shared ? "key_proj" : "pos_key_proj";
      const Value keys = nn::linear(scope[name], table, hidden, {.bias = !fused});
      attention.query_term(query, keys, columns, columns, row, scale);
    }
    if (position_to_content) {
      const auto* name = fused ? "pos_q_proj" : shared ? "query_proj" : "pos_query_proj";
      const Value queries = nn::linear(scope[name], table, hidden);
      attention.key_term(queries, columns, columns, row, scale);
    }
  }
  const nn::AttentionResult result = attention.result();
  model.attention(result.probabilities);
  return result.context;
}

}  // namespace verdict::models

#include "verdict/models/xlm_inputs.h"

#include <algorithm>
#include <string>
#include <utility>

#include "verdict/nn/inputs.h"

namespace verdict::models {

namespace {

using graph::Batch;

/// `embedded` where the caller gives the argument, else zeros: 0 is a language and a token, too.
Value if_given(const Scope& scope, const std::string& argument, Value embedded) {
  auto prelude = [argument](const Batch& batch, std::span<float> out) {
    std::ranges::fill(out, batch.find(argument).empty() ? 0.0f : 1.0f);
  };
  const Value given = scope.graph().apply(
      graph::FloatInputOp{argument + "_given", graph::Graph::kTokens, 1, std::move(prelude)}, {});
  return nn::multiply(scope, embedded, given);
}

/// Calls `set(token, is_padding, has_others)` for every token.
template <typename Set>
void for_padding(const Batch& batch, std::int64_t pad_token_id, Set set) {
  const auto ids = batch.find("input_ids");
  for (std::size_t row = 0; row + 1 < batch.offsets.size(); ++row) {
    const auto first = static_cast<std::size_t>(batch.offsets[row]);
    const auto last = static_cast<std::size_t>(batch.offsets[row + 1]);
    std::size_t real = last - first;
    if (!batch.has_mask) {
      real -= static_cast<std::size_t>(std::ranges::count(ids.subspan(first, real), pad_token_id));
    }
    for (std::size_t i = first; i < last; ++i) set(i, i - first >= real, real > 0);
  }
}

}  // namespace

Value xlm_embeddings(const ModelBuilder& model, const Scope& scope) {
  const PretrainedConfig& config = model.config();
  const std::int64_t hidden = model.hidden_size();
  const auto vocab_size = config.get<std::int64_t>("vocab_size");
  const std::int64_t positions = max_position_embeddings(config);
  const auto languages = config.get<std::int64_t>("n_langs");
  const auto padding_idx = config.get_or<std::int64_t>("pad_token_id", -1);
  const Scope tables = scope.with_deviation(config.get<double>("embed_init_std"));
  const auto words = [&](Value ids) {
    return nn::embedding(tables["embeddings"], ids, vocab_size, hidden, padding_idx);
  };

  Value x = words(nn::input_ids(scope, vocab_size));
  const Value position_ids = nn::column_positions(scope, positions);
  const Scope position_scope = tables["position_embeddings"];
  x = nn::add(scope, x,
              config.get<bool>("sinusoidal_embeddings")
                  ? nn::sinusoidal_embedding(position_scope, position_ids, positions, hidden)
                  : nn::embedding(position_scope, position_ids, positions, hidden));
  if (languages > 1 && config.get<bool>("use_lang_emb")) {
    const Value ids = nn::optional_input(scope, "langs", languages, 0);
    const Value embedded = nn::embedding(tables["lang_embeddings"], ids, languages, hidden);
    x = nn::add(scope, x, if_given(scope, "langs", embedded));
  }
  const Value types = words(nn::optional_input(scope, "token_type_ids", vocab_size, 0));
  x = nn::add(scope, x, if_given(scope, "token_type_ids", types));
  x = nn::layer_norm(scope["layer_norm_emb"], x, config.get<double>("layer_norm_eps"));
  return nn::dropout(scope, x, config.get<double>("dropout"));
}

XlmPadding xlm_padding(const ModelBuilder& model, const Scope& scope) {
  graph::Graph& graph = scope.graph();
  constexpr graph::SegmentationId kTokens = graph::Graph::kTokens;
  const auto pad_token_id = model.config().get_or<std::int64_t>("pad_token_id", -1);
  auto factors = [pad_token_id](const Batch& batch, std::span<float> out) {
    for_padding(batch, pad_token_id,
                [&](std::size_t i, bool is_padding, bool) { out[i] = is_padding ? 0 : 1; });
  };
  auto keys = [pad_token_id](const Batch& batch, std::span<std::int32_t> out) {
    // A sequence of padding only sees itself, so that its scores are finite.
    for_padding(batch, pad_token_id, [&](std::size_t i, bool is_padding, bool has_others) {
      out[i] = is_padding && has_others ? 1 : 0;
    });
  };
  auto queries = [](const Batch&, std::span<std::int32_t> out) { std::ranges::fill(out, 0); };
  return {graph.apply(graph::FloatInputOp{"real_tokens", kTokens, 1, std::move(factors)}, {}),
          graph.apply(graph::InputOp{"query_order", kTokens, 1, std::move(queries)}, {}),
          graph.apply(graph::InputOp{"key_order", kTokens, 2, std::move(keys)}, {})};
}

}  // namespace verdict::models

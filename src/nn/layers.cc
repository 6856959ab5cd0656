#include "verdict/nn/layers.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"

namespace verdict::nn {

using graph::Initializer;

Value linear(const Scope& scope, Value x, std::int64_t out_features) {
  const std::int64_t in_features = scope.graph().columns(x);
  const auto weight = scope.parameter("weight", {out_features, in_features},
                                      Initializer::normal(scope.initializer_range()));
  const auto bias = scope.parameter("bias", {out_features}, Initializer::zeros());
  return scope.graph().apply(graph::LinearOp{{{weight, bias}}, std::nullopt}, {x});
}

Value embedding(const Scope& scope, Value ids, std::int64_t entries, std::int64_t size,
                std::int64_t padding_idx) {
  const auto table = scope.parameter("weight", {entries, size},
                                     Initializer::normal(scope.initializer_range(), padding_idx));
  return scope.graph().apply(graph::EmbeddingOp{table}, {ids});
}

Value sinusoidal_embedding(const Scope& scope, Value ids, std::int64_t entries, std::int64_t size) {
  const auto table = scope.parameter("weight", {entries, size}, Initializer::sinusoidal());
  return scope.graph().apply(graph::EmbeddingOp{table}, {ids});
}

Value layer_norm(const Scope& scope, Value x, double eps) {
  const std::int64_t size = scope.graph().columns(x);
  const auto weight = scope.parameter("weight", {size}, Initializer::ones());
  const auto bias = scope.parameter("bias", {size}, Initializer::zeros());
  return scope.graph().apply(graph::LayerNormOp{weight, bias, eps}, {x});
}

Value activation(const Scope& scope, Value x, std::string_view name) {
  return scope.graph().apply(graph::ActivationOp{graph::activation_from_name(name)}, {x});
}

Value dropout(const Scope& scope, Value x, double p) {
  return p > 0 ? scope.graph().apply(graph::DropoutOp{p}, {x}) : x;
}

Value add(const Scope& scope, Value a, Value b) {
  return scope.graph().apply(graph::AddOp{}, {a, b});
}

AttentionResult self_attention(const Scope& scope, Value x, std::int64_t heads, double dropout,
                               const ProjectionNames& names) {
  const std::int64_t hidden = scope.graph().columns(x);
  if (heads <= 0 || hidden % heads != 0) {
    throw Error(ErrorCode::kInvalidArgument,
                concat("The config's hidden size ", hidden, " cannot be divided among ", heads,
                       " attention heads."));
  }
  const std::int64_t head_size = hidden / heads;
  const double scale = 1 / std::sqrt(static_cast<double>(head_size));
  const Value query = linear(scope[names.query], x, hidden);
  const Value key = linear(scope[names.key], x, hidden);
  const Value value = linear(scope[names.value], x, hidden);
  const auto outputs =
      scope.graph().add(graph::AttentionOp{heads, head_size, scale, dropout}, {query, key, value});
  return {outputs[0], outputs[1]};
}

Value first_token(const Scope& scope, Value x) {
  graph::Graph& graph = scope.graph();
  const auto row = graph.segmentation({graph::Segmentation::Rule::kConstant, 1});
  const Value index =
      graph.apply(graph::InputOp{"first_token", row, std::numeric_limits<std::int32_t>::max(),
                                 [](const graph::Batch& batch, std::span<std::int32_t> out) {
                                   std::copy_n(batch.offsets.begin(), out.size(), out.begin());
                                 }},
                  {});
  return graph.apply(graph::SelectRowsOp{}, {x, index});
}

}  // namespace verdict::nn

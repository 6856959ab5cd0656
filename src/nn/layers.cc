#include "verdict/nn/layers.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"

namespace verdict::nn {

using graph::Batch;
using graph::Initializer;
using graph::Segmentation;

namespace {

/// Declares the parameters of a linear layer with `out` outputs; the part reads all of them.
graph::LinearPart declare_linear(const Scope& scope, Value x, std::int64_t out,
                                 const LinearOptions& options) {
  const std::int64_t in = scope.graph().columns(x);
  const std::int64_t groups = options.groups;
  if (groups < 1 || in % groups != 0 || out % groups != 0) {
    throw Error(ErrorCode::kInvalidArgument,
                concat("The layer ", scope.path(), " has ", in, " inputs and ", out,
                       " outputs, which cannot be divided into ", groups, " groups."));
  }
  auto shape = options.transposed ? std::vector{in, out} : std::vector{out, in / groups};
  if (options.transposed && groups > 1) shape = {groups, in / groups, out / groups};
  if (options.pointwise) shape.push_back(1);
  graph::LinearPart part{};
  part.weight = scope.parameter("weight", std::move(shape), scope.weight_initializer());
  if (options.bias) part.bias = scope.parameter("bias", {out}, Initializer::zeros());
  part.transposed = options.transposed;
  return part;
}

/// Convolutions that keep the length pad (kernel - 1) / 2 tokens on either side.
void expect_odd(const Scope& scope, std::int64_t kernel) {
  if (kernel >= 1 && kernel % 2 == 1) return;
  throw Error(ErrorCode::kInvalidArgument, concat("The convolution ", scope.path(), " has kernel ",
                                                  kernel, "; an odd number was expected."));
}

/// Selects one row a sequence, whose number `choose(batch, sequence)` gives.
template <typename Choose>
Value select_token(const Scope& scope, Value x, const char* name, Choose choose) {
  graph::Graph& graph = scope.graph();
  const auto row = graph.segmentation({Segmentation::Rule::kConstant, 1});
  auto prelude = [choose](const Batch& batch, std::span<std::int32_t> out) {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = choose(batch, i);
  };
  const Value index = graph.apply(
      graph::InputOp{name, row, std::numeric_limits<std::int32_t>::max(), std::move(prelude)}, {});
  return graph.apply(graph::SelectRowsOp{}, {x, index});
}

/// The last token whose id is `wanted`, else the first one.
template <typename Wanted>
Value select_last(const Scope& scope, Value x, const char* name, Wanted wanted) {
  return select_token(scope, x, name, [wanted](const Batch& batch, std::size_t row) {
    const auto ids = batch.find("input_ids");
    std::int32_t last = batch.offsets[row + 1] - 1;
    while (last > batch.offsets[row] && !wanted(ids[static_cast<std::size_t>(last)])) --last;
    return last;
  });
}

}  // namespace

Value linear(const Scope& scope, Value x, std::int64_t out_features, const LinearOptions& options) {
  graph::LinearOp op;
  op.parts.push_back(declare_linear(scope, x, out_features, options));
  op.groups = options.groups;
  return scope.graph().apply(std::move(op), {x});
}

Value projection(const Scope& scope, Value x, std::string_view name,
                 std::vector<std::int64_t> shape, bool transposed) {
  graph::LinearPart part{};
  part.weight = scope.parameter(name, std::move(shape), scope.weight_initializer());
  part.transposed = transposed;
  graph::LinearOp op;
  op.parts.push_back(part);
  return scope.graph().apply(std::move(op), {x});
}

std::vector<Value> fused_linear(const Scope& scope, Value x,
                                std::span<const std::int64_t> out_features,
                                const LinearOptions& options) {
  const auto total = std::accumulate(out_features.begin(), out_features.end(), std::int64_t{0});
  const graph::LinearPart whole = declare_linear(scope, x, total, options);
  graph::LinearOp op;
  std::int64_t first = 0;
  for (const std::int64_t out : out_features) {
    graph::LinearPart part = whole;
    part.rows = {first, out, 0, 0};
    op.parts.push_back(part);
    first += out;
  }
  return scope.graph().add(std::move(op), {x});
}

std::vector<Value> interleaved_linear(const Scope& scope, Value x, std::int64_t parts,
                                      std::int64_t heads, std::int64_t head_size,
                                      const LinearOptions& options) {
  const graph::LinearPart whole = declare_linear(scope, x, parts * heads * head_size, options);
  graph::LinearOp op;
  for (std::int64_t i = 0; i < parts; ++i) {
    graph::LinearPart part = whole;
    part.rows = {i * head_size, heads * head_size, head_size, parts * head_size};
    op.parts.push_back(part);
  }
  return scope.graph().add(std::move(op), {x});
}

Value embedding(const Scope& scope, Value ids, std::int64_t entries, std::int64_t size,
                std::int64_t padding_idx) {
  const auto weight =
      scope.parameter("weight", {entries, size}, scope.weight_initializer(padding_idx));
  return scope.graph().apply(graph::EmbeddingOp{weight}, {ids});
}

Value sinusoidal_embedding(const Scope& scope, Value ids, std::int64_t entries, std::int64_t size,
                           bool halves) {
  const auto weight =
      scope.parameter("weight", {entries, size},
                      halves ? Initializer::sinusoidal_halves() : Initializer::sinusoidal());
  return scope.graph().apply(graph::EmbeddingOp{weight}, {ids});
}

Value table(const Scope& scope, std::string_view name, std::vector<std::int64_t> shape,
            const Initializer& initializer) {
  const auto rows = scope.graph().segmentation({Segmentation::Rule::kShared, shape.at(0)});
  return scope.graph().apply(
      graph::TableOp{scope.parameter(name, std::move(shape), initializer), rows}, {});
}

Value layer_norm(const Scope& scope, Value x, double eps, bool bias) {
  const std::int64_t size = scope.graph().columns(x);
  graph::NormOp op;
  op.weight = scope.parameter("weight", {size}, Initializer::ones());
  if (bias) op.bias = scope.parameter("bias", {size}, Initializer::zeros());
  op.eps = eps;
  return scope.graph().apply(op, {x});
}

Value rms_norm(const Scope& scope, Value x, double eps, const RmsNormOptions& options) {
  const std::int64_t size = options.size == 0 ? scope.graph().columns(x) : options.size;
  graph::NormOp op;
  op.kind = graph::NormOp::Kind::kRms;
  op.weight = scope.parameter("weight", {size},
                              Initializer::constant(options.start - options.weight_offset));
  op.eps = eps;
  op.weight_offset = options.weight_offset;
  op.size = options.size;
  return scope.graph().apply(op, {x});
}

Value activation(const Scope& scope, Value x, std::string_view name) {
  if (name == "linear") return x;
  return scope.graph().apply(graph::ActivationOp{graph::activation_from_name(name)}, {x});
}

Value dropout(const Scope& scope, Value x, double p) {
  return p > 0 ? scope.graph().apply(graph::DropoutOp{p}, {x}) : x;
}

Value add(const Scope& scope, Value a, Value b) {
  return scope.graph().apply(graph::AddOp{}, {a, b});
}

Value multiply(const Scope& scope, Value a, Value b) {
  return scope.graph().apply(graph::MultiplyOp{}, {a, b});
}

Value scale(const Scope& scope, Value x, double factor) {
  return factor == 1 ? x : scope.graph().apply(graph::ScaleOp{factor}, {x});
}

Value add_parameter(const Scope& scope, Value x, std::string_view name,
                    std::vector<std::int64_t> shape, const Initializer& initializer) {
  graph::AffineOp op;
  op.bias = scope.parameter(name, std::move(shape), initializer);
  return scope.graph().apply(op, {x});
}

Value affine(const Scope& scope, Value x) {
  const std::int64_t size = scope.graph().columns(x);
  graph::AffineOp op;
  op.weight = scope.parameter("weight", {size}, Initializer::ones());
  op.bias = scope.parameter("bias", {size}, Initializer::zeros());
  return scope.graph().apply(op, {x});
}

Value concat_columns(const Scope& scope, std::vector<Value> values) {
  return scope.graph().apply(graph::ConcatColumnsOp{}, std::move(values));
}

Value shift_rows(const Scope& scope, Value x, std::int64_t offset) {
  return scope.graph().apply(graph::ShiftRowsOp{offset}, {x});
}

Value prepend_rows(const Scope& scope, Value shared, Value x) {
  graph::Graph& graph = scope.graph();
  const graph::SegmentationId rows = graph.info(shared).shape[0].rows;
  const std::int64_t count = graph.segmentations().at(static_cast<std::size_t>(rows)).count;
  graph.segmentation({Segmentation::Rule::kPrefixed, count});
  return graph.apply(graph::PrependRowsOp{}, {shared, x});
}

Value convolution(const Scope& scope, Value x, std::int64_t out_channels, std::int64_t kernel,
                  const ConvolutionOptions& options) {
  const std::int64_t in = scope.graph().columns(x);
  expect_odd(scope, kernel);
  if (options.groups < 1 || in % options.groups != 0 || out_channels % options.groups != 0) {
    throw Error(ErrorCode::kInvalidArgument,
                concat("The convolution ", scope.path(), " has ", options.groups,
                       " groups, which do not divide its ", in, " input and ", out_channels,
                       " output columns."));
  }
  graph::ConvolutionOp op{};
  op.weight = scope.parameter("weight", {out_channels, in / options.groups, kernel},
                              scope.weight_initializer());
  if (options.bias) op.bias = scope.parameter("bias", {out_channels}, Initializer::zeros());
  op.groups = options.groups;
  op.left = kernel / 2;
  return scope.graph().apply(op, {x});
}

Value head_convolution(const Scope& scope, Value x, std::int64_t heads, std::int64_t kernel) {
  expect_odd(scope, kernel);
  graph::ConvolutionOp op{};
  op.weight = scope.parameter("weight", {heads, 1, kernel, 1}, scope.weight_initializer());
  op.groups = heads;
  op.left = kernel / 2;
  op.repeat = scope.graph().columns(x) / heads;
  return scope.graph().apply(op, {x});
}

Value dynamic_convolution(const Scope& scope, Value x, Value kernels, std::int64_t heads,
                          std::int64_t width) {
  expect_odd(scope, width);
  return scope.graph().apply(graph::DynamicConvolutionOp{heads, width}, {x, kernels});
}

Value first_token(const Scope& scope, Value x) {
  return select_token(scope, x, "first_token",
                      [](const Batch& batch, std::size_t row) { return batch.offsets[row]; });
}

Value last_token(const Scope& scope, Value x) {
  return select_token(scope, x, "last_token", [](const Batch& batch, std::size_t row) {
    return batch.offsets[row + 1] - 1;
  });
}

Value mean_tokens(const Scope& scope, Value x) {
  scope.graph().segmentation({Segmentation::Rule::kConstant, 1});
  return scope.graph().apply(graph::PoolOp{graph::PoolOp::Kind::kMean}, {x});
}

Value last_unpadded_token(const Scope& scope, Value x, std::int64_t pad_token_id) {
  if (pad_token_id < 0) {
    scope.graph().require([](const Batch& batch) {
      if (batch.rows() <= 1) return;
      throw Error(ErrorCode::kInvalidArgument,
                  "The config has no pad_token_id, so batches of several rows cannot be handled. "
                  "Set pad_token_id, or pass one row at a time.");
    });
    return last_token(scope, x);
  }
  return select_last(scope, x, "last_token",
                     [pad_token_id](auto id) { return id != pad_token_id; });
}

Value last_eos_token(const Scope& scope, Value x, std::int64_t eos_token_id) {
  const auto eos = static_cast<std::int32_t>(eos_token_id);
  scope.graph().require([eos](const Batch& batch) {
    const auto ids = batch.find("input_ids");
    const auto count_in = [&](std::size_t row) {
      return std::count(ids.begin() + batch.offsets[row], ids.begin() + batch.offsets[row + 1],
                        eos);
    };
    for (std::size_t row = 0; row + 1 < batch.offsets.size(); ++row) {
      const auto count = count_in(row);
      if (count > 0 && count == count_in(0)) continue;
      throw Error(
          ErrorCode::kInvalidArgument,
          concat("Row ", row, " has ", count, " <eos> tokens (id ", eos, ") and row 0 has ",
                 count_in(0), "; all rows must have the same number of them, at least one."));
    }
  });
  return select_last(scope, x, "eos_token", [eos](auto id) { return id == eos; });
}

}  // namespace verdict::nn

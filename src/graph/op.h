#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "verdict/graph/batch.h"

namespace verdict::graph {

using ParameterId = int;
using SegmentationId = int;

/// A handle on a value of one graph.
struct Value {
  int id = -1;
  friend bool operator==(Value, Value) = default;
};

enum class Activation { kGelu, kGeluTanh, kQuickGelu, kRelu, kSilu, kTanh, kSigmoid, kMish };

/// Computes one value a token (or a row) on the host before a batch runs; `out` has the input's
/// size.
using Prelude = std::function<void(const Batch& batch, std::span<std::int32_t> out)>;

/// int32 data that depends on ids, masks and lengths only. No inputs; output [segmentation].
struct InputOp {
  std::string name;
  SegmentationId segmentation;
  /// Every element must be in [0, limit); checked before the batch runs, so that no kernel meets a
  /// wild index.
  std::int64_t limit;
  Prelude prelude;
};

/// Rows of a table. Input: ids int32 [s]; output [s, columns of the table].
struct EmbeddingOp {
  ParameterId table;  ///< [entries, size]
};

/// One weight of a linear layer: y = x · weightᵀ + bias.
struct LinearPart {
  ParameterId weight;               ///< [out, in]
  std::optional<ParameterId> bias;  ///< [out]
};

/// One product with one or several weights. Input [s, in]; outputs [s, outᵢ], one a part.
struct LinearOp {
  std::vector<LinearPart> parts;
  std::optional<Activation>
      activation;  ///< applied to every output (set by fuse_linear_activation)
};

/// Layer normalisation over the last axis (Ba et al. 2016), of x or of x + residual.
/// Inputs: x [s, n] and, after fuse_residual_norm, residual [s, n]; output [s, n].
struct LayerNormOp {
  ParameterId weight;  ///< [n]
  ParameterId bias;    ///< [n]
  double eps;
};

/// Elementwise function. Input and output [s, n].
struct ActivationOp {
  Activation activation;
};

/// Elementwise sum of two values of one shape.
struct AddOp {};

/// Scaled dot-product attention (Vaswani et al. 2017) inside each sequence.
/// Inputs: query [sq, heads · head_size], key and value [sk, heads · head_size].
/// Outputs: context [sq, heads · head_size] and the probabilities [pairs(sq, sk), heads], which lie
/// sequence by sequence as [heads, queries, keys].
struct AttentionOp {
  std::int64_t heads;
  std::int64_t head_size;
  double scale;    ///< multiplies the scores before the softmax
  double dropout;  ///< on the probabilities, in training only
};

/// Picks rows. Inputs: x [s, n] and index int32 [t], absolute row numbers of x; output [t, n].
struct SelectRowsOp {};

/// Zeroes elements with probability `p` and scales the others by 1 / (1 - p); training only.
struct DropoutOp {
  double p;
};

using Op = std::variant<InputOp, EmbeddingOp, LinearOp, LayerNormOp, ActivationOp, AddOp,
                        AttentionOp, SelectRowsOp, DropoutOp>;

/// What the passes have to know of an op without knowing the op.
struct OpTraits {
  std::string_view name;
  /// Output row i depends on row i of input 0 … `row_wise_inputs` - 1 and of no other row of these;
  /// 0: not so.
  int row_wise_inputs;
  /// Whether the op passes a gradient to its floating inputs and parameters.
  bool differentiable;
};

OpTraits op_traits(const Op& op);

/// The activation of a config's `hidden_act` (names of transformers' ACT2FN). Throws
/// `kUnsupported`.
Activation activation_from_name(std::string_view name);
std::string_view activation_name(Activation activation);

}  // namespace verdict::graph

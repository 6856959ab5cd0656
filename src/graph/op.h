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

/// Computes one value a row of the segmentation on the host before a batch runs; `out` has one
/// element a row.
using Prelude = std::function<void(const Batch& batch, std::span<std::int32_t> out)>;
/// The same for rows of several floats.
using FloatPrelude = std::function<void(const Batch& batch, std::span<float> out)>;

/// int32 data that depends on ids, masks and lengths only. No inputs; output [segmentation].
struct InputOp {
  std::string name;
  SegmentationId segmentation;
  /// Every element must be in [0, limit); checked before the batch runs, so that no kernel meets a
  /// wild index.
  std::int64_t limit;
  Prelude prelude;
};

/// Float data that depends on ids, masks and lengths only (rotary tables, sinusoids, scale
/// factors). No inputs; output [segmentation, columns].
struct FloatInputOp {
  std::string name;
  SegmentationId segmentation;
  std::int64_t columns;
  FloatPrelude prelude;
};

/// A parameter as a value that all sequences share: relative vectors, bias tables. No inputs;
/// output [rows, columns], where `rows` is a shared segmentation and the parameter's other axes are
/// flat.
struct TableOp {
  ParameterId table;
  SegmentationId rows;
};

/// Rows of a table. Input: ids int32 [s]; output [s, columns of the table].
struct EmbeddingOp {
  ParameterId table;  ///< [entries, size]
};

/// Which rows of a stored matrix make one weight: row i is first + i / block · stride + i % block.
/// Takes one projection out of a fused one, interleaved by head or not.
struct RowSelection {
  std::int64_t first = 0;
  std::int64_t count = 0;  ///< 0: all rows
  std::int64_t block = 0;  ///< 0: contiguous
  std::int64_t stride = 0;
  friend bool operator==(const RowSelection&, const RowSelection&) = default;
};

/// One weight of a linear layer: y = x · weightᵀ + bias.
struct LinearPart {
  /// [out, in], or [in, out] when `transposed`; further axes are flattened into the last one (the
  /// first one stays, or, transposed, the first one is `in`). In several groups [out, in / groups],
  /// or [groups, in / groups, out / groups] when `transposed`.
  ParameterId weight;
  std::optional<ParameterId> bias;  ///< [out], flattened
  bool transposed = false;
  RowSelection rows = {};  ///< of [out, in], and of the bias
  friend bool operator==(const LinearPart&, const LinearPart&) = default;
};

/// One product with one or several weights. Input [s, in]; outputs [s, outᵢ], one a part.
struct LinearOp {
  std::vector<LinearPart> parts;
  /// Applied to every output (set by fuse_linear_activation).
  std::optional<Activation> activation;
  /// Input and output columns are divided into that many groups, which do not meet (a convolution
  /// of kernel 1 with groups).
  std::int64_t groups = 1;
};

/// Normalisation over the last axis, of x or of x + residual: layer normalisation (Ba et al. 2016),
/// or division by the root mean square (Zhang and Sennrich 2019).
/// Inputs: x [s, n] and, after fuse_residual_norm, residual [s, n]; output [s, n].
struct NormOp {
  enum class Kind { kLayerNorm, kRms };
  Kind kind = Kind::kLayerNorm;
  std::optional<ParameterId> weight;  ///< [size]
  std::optional<ParameterId> bias;    ///< [size]
  double eps = 0;
  double weight_offset = 0;  ///< added to the weight (Gemma: 1)
  /// Normalises every run of `size` columns by itself (norms of queries and keys by head); 0: all
  /// n.
  std::int64_t size = 0;
};

/// Elementwise function. Input and output [s, n].
struct ActivationOp {
  Activation activation;
};

/// Elementwise sum of two values of one shape.
struct AddOp {};

/// Elementwise product; the second input is [s, n] or [s, 1].
struct MultiplyOp {};

/// x · factor.
struct ScaleOp {
  double factor;
};

/// x · weight + bias by column, either of which may be missing. Input and output [s, n]; parameters
/// [n], flattened.
struct AffineOp {
  std::optional<ParameterId> weight;
  std::optional<ParameterId> bias;
};

/// Columns of several values side by side. Inputs [s, nᵢ]; output [s, Σ nᵢ].
struct ConcatColumnsOp {};

/// Row t of the output is row t + offset of the same sequence, or zeros beyond its ends. [s, n]
struct ShiftRowsOp {
  std::int64_t offset;
};

/// Puts the rows of a shared value before each sequence's own. Inputs: prefix [shared k, n] and
/// x [s, n]; output [s + k, n].
struct PrependRowsOp {};

/// Rotary position embedding (Su et al. 2021) on the first 2 · columns(table) / 2 columns of every
/// head. Inputs: x [s, heads · head_size] and table [s, rotated], cosines in one half, sines in the
/// other; output like x.
struct RotaryOp {
  std::int64_t heads;
  std::int64_t head_size;
  /// Pairs are (2i, 2i + 1), else (i, i + rotated / 2).
  bool interleaved = false;
  bool sines_first = false;  ///< the table's first half are the sines
};

/// Row of a table by the difference of two int32 values of query and key, usually their positions
/// (query - key). Of a table over kDistances, whose size the batch decides: the row counted from
/// its middle one.
using RelativeIndex = std::function<std::int32_t(std::int32_t difference)>;

/// What is added to an attention's scaled scores before the softmax: scale · (…).
struct ScoreTerm {
  enum class Kind {
    kBias,   ///< table[index, head]; table [shared, heads]
    kQuery,  ///< query' · table[index]; query' [sq, heads · head_size]
    kKey,    ///< key · table[index]
  };
  Kind kind = Kind::kBias;
  int table =
      -1;  ///< input slot; for kQuery and kKey [shared, heads · head_size] or [shared, head_size]
  int query = 0;  ///< input slot of query'
  RelativeIndex index;
  int query_ids = -1;  ///< input slots of what is compared: int32 [sq] and [sk]
  int key_ids = -1;
  double scale = 1;
};

/// Scaled dot-product attention (Vaswani et al. 2017) inside each sequence.
/// Inputs: query [sq, heads · head_size], key [sk, key_heads · head_size], value
/// [sk, key_heads · value_size], then what `terms` and the positions name by slot.
/// Outputs: context [sq, heads · value_size] and the probabilities [pairs(sq, sk), heads], which
/// lie sequence by sequence as [heads, queries, keys].
struct AttentionOp {
  std::int64_t heads = 0;
  std::int64_t head_size = 0;
  std::int64_t key_heads = 0;   ///< divides `heads`: grouped-query attention; 0: `heads`
  std::int64_t value_size = 0;  ///< 0: `head_size`
  double scale = 1;             ///< multiplies the scores before the softmax
  double dropout = 0;           ///< on the probabilities, in training only
  double softcap = 0;           ///< c · tanh(score / c); 0: none
  /// The second output holds the scores before the softmax, the lowest float for keys that are not
  /// seen (SqueezeBERT's `attentions`).
  bool gives_scores = false;
  /// A query sees keys from position - left to position + right; unset: no bound. Causal: right =
  /// 0.
  std::optional<std::int64_t> left;
  std::optional<std::int64_t> right;
  int query_positions = -1;  ///< input slots, int32 [sq] and [sk], rising inside a sequence; needed
  int key_positions = -1;    ///< with `left` or `right`
  std::vector<ScoreTerm> terms;

  std::int64_t value_heads() const { return key_heads == 0 ? heads : key_heads; }
  std::int64_t value_columns() const { return value_size == 0 ? head_size : value_size; }
};

/// Convolution over the tokens of each sequence, zeros beyond its ends:
/// y[t] = Σⱼ weight[:, :, j] · x[t + j - left] + bias. Input [s, in]; output [s, out].
struct ConvolutionOp {
  ParameterId weight;  ///< [out, in / groups, kernel]; further axes of size 1 are allowed
  std::optional<ParameterId> bias;
  std::int64_t groups = 1;
  std::int64_t left = 0;
  /// With as many groups as outputs: each kernel serves that many neighbouring columns.
  std::int64_t repeat = 1;
};

/// Convolution with a kernel of its own for every token and head (Wu et al. 2019): kernels are
/// normalised by a softmax. Inputs: x [s, heads · size] and kernels [s, heads · width]; output like
/// x: y[t, h] = Σⱼ softmax(kernels[t, h])ⱼ · x[t + j - width / 2, h].
struct DynamicConvolutionOp {
  std::int64_t heads;
  std::int64_t width;
};

/// Attention through landmarks (Xiong et al. 2021), the means of equal runs of tokens, with an
/// iterated pseudo-inverse.
/// Inputs: query, key, value [s, heads · head_size]; output [s, heads · head_size].
struct NystromAttentionOp {
  std::int64_t heads;
  std::int64_t head_size;
  std::int64_t landmarks;
  std::int64_t
      sequence_length;  ///< tokens that every sequence must have, a multiple of `landmarks`
  std::int64_t iterations;
  double scale;
};

/// Picks rows. Inputs: x [s, n] or int32 [s], and index int32 [t], absolute row numbers of x;
/// output [t, n] or [t].
struct SelectRowsOp {};

/// One row a sequence out of all of its rows. Input [s, n]; output [rows, n].
struct PoolOp {
  enum class Kind { kMean, kMax };
  Kind kind;
};

/// Zeroes elements with probability `p` and scales the others by 1 / (1 - p); training only.
struct DropoutOp {
  double p;
};

using Op = std::variant<InputOp, FloatInputOp, TableOp, EmbeddingOp, LinearOp, NormOp, ActivationOp,
                        AddOp, MultiplyOp, ScaleOp, AffineOp, ConcatColumnsOp, ShiftRowsOp,
                        PrependRowsOp, RotaryOp, AttentionOp, ConvolutionOp, DynamicConvolutionOp,
                        NystromAttentionOp, SelectRowsOp, PoolOp, DropoutOp>;

/// What the passes have to know of an op without knowing the op.
struct OpTraits {
  std::string_view name;
  /// Bit i: output row r depends on row r of input i and on no other row of it. 0: no such input,
  /// or the rows of the outputs are others.
  std::uint32_t row_wise_inputs;
  /// Whether the op passes a gradient to its floating inputs and parameters.
  bool differentiable;
};

OpTraits op_traits(const Op& op);

/// The activation of a config's `hidden_act` (names of transformers' ACT2FN). Throws
/// `kUnsupported`.
Activation activation_from_name(std::string_view name);
std::string_view activation_name(Activation activation);

}  // namespace verdict::graph

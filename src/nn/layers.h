#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "verdict/nn/scope.h"

namespace verdict::nn {

/// How a linear layer's parameters are stored.
struct LinearOptions {
  bool bias = true;
  bool transposed = false;  ///< weight [in, out], as in GPT-2's Conv1D
  /// Input and output are divided into that many groups, which do not meet: weight [out, in /
  /// groups], or, `transposed`, [groups, in / groups, out / groups]. Throws `kInvalidArgument`
  /// where they do not divide both.
  std::int64_t groups = 1;
  bool pointwise = false;  ///< stored as a convolution of kernel 1: a further axis of size 1
};

/// torch.nn.Linear: x [s, in] → [s, out]; parameters `weight` [out, in] and `bias` [out].
Value linear(const Scope& scope, Value x, std::int64_t out_features,
             const LinearOptions& options = {});

/// A product without bias whose weight is the parameter `name` of several axes: [in, …] where
/// `transposed`, else [out, …] (XLNet).
Value projection(const Scope& scope, Value x, std::string_view name,
                 std::vector<std::int64_t> shape, bool transposed);

/// Several projections that are stored one after another in one `weight` [Σ outᵢ, in].
std::vector<Value> fused_linear(const Scope& scope, Value x,
                                std::span<const std::int64_t> out_features,
                                const LinearOptions& options = {});

/// `parts` projections of heads · head_size each, stored head by head: [heads, parts, head_size,
/// in].
std::vector<Value> interleaved_linear(const Scope& scope, Value x, std::int64_t parts,
                                      std::int64_t heads, std::int64_t head_size,
                                      const LinearOptions& options = {});

/// torch.nn.Embedding: ids int32 [s] → [s, size]; parameter `weight` [entries, size]. `padding_idx`
/// is the row that a new model zeroes; -1: none.
Value embedding(const Scope& scope, Value ids, std::int64_t entries, std::int64_t size,
                std::int64_t padding_idx = -1);

/// `embedding` whose table starts as sines and cosines of the position: by turns, or with `halves`
/// all sines first.
Value sinusoidal_embedding(const Scope& scope, Value ids, std::int64_t entries, std::int64_t size,
                           bool halves = false);

/// A parameter [rows, …] as a value that all sequences share, [rows, product of the other axes].
Value table(const Scope& scope, std::string_view name, std::vector<std::int64_t> shape,
            const graph::Initializer& initializer);

/// torch.nn.LayerNorm over the last axis; parameters `weight` and, with `bias`, `bias`.
Value layer_norm(const Scope& scope, Value x, double eps, bool bias = true);

struct RmsNormOptions {
  double weight_offset = 0;  ///< the weight is stored without it (Gemma: 1)
  std::int64_t size = 0;     ///< normalises runs of that many columns (heads); 0: all columns
  double start = 1;          ///< what the weight with its offset is in a new model
};

/// Division by the root mean square (Zhang and Sennrich 2019); parameter `weight`.
Value rms_norm(const Scope& scope, Value x, double eps, const RmsNormOptions& options = {});

/// An activation by its name in the config.
Value activation(const Scope& scope, Value x, std::string_view name);

/// Dropout in training, nothing in evaluation.
Value dropout(const Scope& scope, Value x, double p);

Value add(const Scope& scope, Value a, Value b);
/// Elementwise; b is [s, n] or [s, 1].
Value multiply(const Scope& scope, Value a, Value b);
Value scale(const Scope& scope, Value x, double factor);
/// x + parameter `name` [shape], flattened over the columns.
Value add_parameter(const Scope& scope, Value x, std::string_view name,
                    std::vector<std::int64_t> shape, const graph::Initializer& initializer);
/// x · `weight` + `bias` by column, both [n] (MobileBERT's NoNorm).
Value affine(const Scope& scope, Value x);
Value concat_columns(const Scope& scope, std::vector<Value> values);
/// Row t becomes row t + offset of its sequence, zeros beyond the ends.
Value shift_rows(const Scope& scope, Value x, std::int64_t offset);
/// A shared value's rows before each sequence's tokens; see `graph::PrependRowsOp`.
Value prepend_rows(const Scope& scope, Value shared, Value x);

struct ConvolutionOptions {
  std::int64_t groups = 1;
  bool bias = true;
};

/// torch.nn.Conv1d over the tokens of each sequence, padded by (kernel - 1) / 2 on both sides:
/// x [s, in] → [s, out]; parameters `weight` [out, in / groups, kernel] and `bias` [out]. Throws
/// `kInvalidArgument` for an even kernel, and for groups that do not divide the columns.
Value convolution(const Scope& scope, Value x, std::int64_t out_channels, std::int64_t kernel,
                  const ConvolutionOptions& options = {});

/// One kernel a head, which serves all of its columns, without bias: x [s, heads · n] → the same;
/// parameter `weight` [heads, 1, kernel, 1]. The kernel must be odd; throws `kInvalidArgument`.
Value head_convolution(const Scope& scope, Value x, std::int64_t heads, std::int64_t kernel);

/// Convolution of each head of x with kernels [s, heads · width], which a softmax normalises; see
/// `graph::DynamicConvolutionOp`. The width must be odd; throws `kInvalidArgument`.
Value dynamic_convolution(const Scope& scope, Value x, Value kernels, std::int64_t heads,
                          std::int64_t width);

/// What of each sequence goes on: x [s, n] → [rows, n].
Value first_token(const Scope& scope, Value x);
Value last_token(const Scope& scope, Value x);
Value mean_tokens(const Scope& scope, Value x);
/// The rightmost token that is not `pad_token_id` (the reference's decoder classifiers). Without a
/// pad token: the last one, and a batch of several rows is an error, as in the reference.
Value last_unpadded_token(const Scope& scope, Value x, std::int64_t pad_token_id);
/// The last `eos_token_id`; sequences without one, or with different numbers of them, are an error.
Value last_eos_token(const Scope& scope, Value x, std::int64_t eos_token_id);

}  // namespace verdict::nn

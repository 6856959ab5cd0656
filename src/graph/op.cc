#include "verdict/graph/op.h"

#include <array>
#include <type_traits>
#include <utility>

#include "verdict/base/error.h"
#include "verdict/base/strings.h"

namespace verdict::graph {

namespace {

// The first name of an activation is the one that `activation_name` gives.
constexpr std::array<std::pair<std::string_view, Activation>, 13> kActivations{{
    {"gelu", Activation::kGelu},
    {"gelu_python", Activation::kGelu},
    {"gelu_pytorch_tanh", Activation::kGeluTanh},
    {"gelu_new", Activation::kGeluTanh},
    {"gelu_fast", Activation::kGeluTanh},
    {"gelu_python_tanh", Activation::kGeluTanh},
    {"quick_gelu", Activation::kQuickGelu},
    {"relu", Activation::kRelu},
    {"silu", Activation::kSilu},
    {"swish", Activation::kSilu},
    {"tanh", Activation::kTanh},
    {"sigmoid", Activation::kSigmoid},
    {"mish", Activation::kMish},
}};

constexpr std::uint32_t kEvery = ~std::uint32_t{0};

std::uint32_t bit(int slot) { return slot < 0 ? 0u : std::uint32_t{1} << slot; }

struct Traits {
  OpTraits operator()(const InputOp&) const { return {"input", 0, false}; }
  OpTraits operator()(const FloatInputOp&) const { return {"float_input", 0, false}; }
  OpTraits operator()(const TableOp&) const { return {"table", 0, true}; }
  OpTraits operator()(const EmbeddingOp&) const { return {"embedding", 1, true}; }
  OpTraits operator()(const LinearOp&) const { return {"linear", 1, true}; }
  OpTraits operator()(const NormOp&) const { return {"norm", kEvery, true}; }
  OpTraits operator()(const ActivationOp&) const { return {"activation", kEvery, true}; }
  OpTraits operator()(const AddOp&) const { return {"add", kEvery, true}; }
  OpTraits operator()(const MultiplyOp&) const { return {"multiply", kEvery, true}; }
  OpTraits operator()(const ScaleOp&) const { return {"scale", kEvery, true}; }
  OpTraits operator()(const AffineOp&) const { return {"affine", kEvery, true}; }
  OpTraits operator()(const ConcatColumnsOp&) const { return {"concat_columns", kEvery, true}; }
  OpTraits operator()(const ShiftRowsOp&) const { return {"shift_rows", 0, true}; }
  OpTraits operator()(const PrependRowsOp&) const { return {"prepend_rows", 0, true}; }
  OpTraits operator()(const RotaryOp&) const { return {"rotary", kEvery, true}; }
  // Row i of the context needs what belongs to query i, and all rows of key and value.
  OpTraits operator()(const AttentionOp& op) const {
    std::uint32_t by_query = bit(0) | bit(op.query_positions);
    for (const ScoreTerm& term : op.terms) {
      by_query |=
          bit(term.query_ids) | (term.kind == ScoreTerm::Kind::kQuery ? bit(term.query) : 0);
    }
    return {"attention", by_query, true};
  }
  OpTraits operator()(const ConvolutionOp&) const { return {"convolution", 0, true}; }
  // The kernel of row i meets only the output's row i, but x meets its neighbours.
  OpTraits operator()(const DynamicConvolutionOp&) const {
    return {"dynamic_convolution", 0, true};
  }
  OpTraits operator()(const NystromAttentionOp&) const { return {"nystrom_attention", 0, true}; }
  OpTraits operator()(const SelectRowsOp&) const { return {"select_rows", 0, true}; }
  OpTraits operator()(const PoolOp&) const { return {"pool", 0, true}; }
  OpTraits operator()(const DropoutOp&) const { return {"dropout", kEvery, true}; }
};

}  // namespace

OpTraits op_traits(const Op& op) { return std::visit(Traits{}, op); }

Activation activation_from_name(std::string_view name) {
  for (const auto& [known, activation] : kActivations) {
    if (known == name) return activation;
  }
  std::array<std::string_view, kActivations.size()> names;
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = kActivations[i].first;
  throw Error(ErrorCode::kUnsupported,
              concat("The activation \"", name, "\" is not supported; the known ones are ",
                     quoted_list(names, names.size()), "."));
}

std::string_view activation_name(Activation activation) {
  for (const auto& [name, known] : kActivations) {
    if (known == activation) return name;
  }
  throw Error(ErrorCode::kInternal, "An activation has no name.");
}

}  // namespace verdict::graph

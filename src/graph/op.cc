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

struct Traits {
  OpTraits operator()(const InputOp&) const { return {"input", 0, false}; }
  OpTraits operator()(const EmbeddingOp&) const { return {"embedding", 1, true}; }
  OpTraits operator()(const LinearOp&) const { return {"linear", 1, true}; }
  OpTraits operator()(const LayerNormOp&) const { return {"layer_norm", 2, true}; }
  OpTraits operator()(const ActivationOp&) const { return {"activation", 1, true}; }
  OpTraits operator()(const AddOp&) const { return {"add", 2, true}; }
  // Row i of the context needs row i of the query and all rows of key and value.
  OpTraits operator()(const AttentionOp&) const { return {"attention", 1, true}; }
  OpTraits operator()(const SelectRowsOp&) const { return {"select_rows", 0, true}; }
  OpTraits operator()(const DropoutOp&) const { return {"dropout", 1, true}; }
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

#include "verdict_convert/names/name_mapper.h"

#include <algorithm>
#include <array>
#include <utility>

#include "verdict/base/strings.h"
#include "verdict/checkpoint/renames.h"
#include "verdict/models/registry.h"

namespace verdict::convert {

namespace {

/// First levels of the heads of pre-training and of other tasks, by the reference's classes.
constexpr auto kOtherHeads = std::to_array<std::string_view>({
    "cls",                        // BERT and its kin, RemBERT, RoFormer, MobileBERT
    "predictions",                // ALBERT, MobileBERT
    "sop_classifier",             // ALBERT
    "generator_predictions",      // ELECTRA, ConvBERT
    "generator_lm_head",          // ELECTRA, ConvBERT
    "discriminator_predictions",  // ELECTRA, Funnel
    "lm_head",                    // RoBERTa and its kin, GPT-2, GPT-J, CTRL, Funnel, T5
    "lm_loss",                    // XLNet
    "pred_layer",                 // XLM, FlauBERT
    "vocab_transform",            // DistilBERT
    "vocab_layer_norm",
    "vocab_projector",
    "mlm",
    "nsp",
    "multiple_choice_head",  // GPT-2's double heads
    "qa_outputs",
    "final_logits_bias",
});

/// Whether two shapes differ in axes of size one only.
bool same_but_for_ones(std::span<const std::int64_t> a, std::span<const std::int64_t> b) {
  const auto sizes = [](std::span<const std::int64_t> shape) {
    std::vector<std::int64_t> out;
    std::ranges::copy_if(shape, std::back_inserter(out), [](std::int64_t n) { return n != 1; });
    return out;
  };
  return sizes(a) == sizes(b);
}

}  // namespace

bool is_other_head(std::string_view name) {
  return std::ranges::find(kOtherHeads, name.substr(0, name.find('.'))) != kOtherHeads.end();
}

NameMapper::NameMapper(std::span<const TensorInfo> stored, const Naming& naming)
    : stored_(stored), model_type_(naming.config.model_type()) {
  for (const ExpectedParameter& parameter : naming.expected)
    expected_.emplace(parameter.name, &parameter);
  if (!naming.expected.empty())
    prefix_ = concat(model_type(model_type_).family->base_model_prefix, ".");
}

const ExpectedParameter* NameMapper::find(const std::string& key) const {
  for (const std::string& candidate : {key, concat(prefix_, key)}) {
    if (const auto found = expected_.find(candidate); found != expected_.end())
      return found->second;
  }
  return nullptr;
}

std::vector<std::int64_t> NameMapper::permuted(std::size_t stored,
                                               std::span<const std::size_t> permutation) const {
  std::vector<std::int64_t> shape = stored_[stored].shape;
  for (std::size_t axis = 0; axis < permutation.size(); ++axis)
    shape[axis] = stored_[stored].shape[permutation[axis]];
  return shape;
}

void NameMapper::add(std::size_t stored, const std::string& name,
                     std::vector<std::size_t> permutation, std::vector<std::int64_t> shape) {
  if (!filled_.emplace(name, stored).second) {
    map_.skipped.push_back({stored, SkipReason::kUnused});
    return;
  }
  map_.mapped.push_back({name, stored, 0, {}, std::move(permutation), std::move(shape)});
}

void NameMapper::map_unknown_model(std::size_t stored, const std::string& name,
                                   std::vector<std::size_t> permutation) {
  if (name.empty() || is_other_head(name)) {
    map_.skipped.push_back(
        {stored, name.empty() ? SkipReason::kUnknown : SkipReason::kPreTrainingHead});
    return;
  }
  std::vector<std::int64_t> shape = permuted(stored, permutation);
  // The Conv1D of GPT-2's kin has its bias as a row.
  if (ends_with(name, ".bias") && shape.size() == 2 && shape[0] == 1) shape.erase(shape.begin());
  add(stored, name, std::move(permutation), std::move(shape));
}

void NameMapper::map(std::size_t stored, const std::string& name,
                     std::vector<std::size_t> permutation) {
  if (expected_.empty()) {
    map_unknown_model(stored, name, std::move(permutation));
    return;
  }
  const std::vector<std::string> keys = canonical_keys(model_type_, name);
  std::vector<std::int64_t> shape = permuted(stored, permutation);
  if (keys.size() > 1 && find(keys.front()) != nullptr) {
    add(stored, name, std::move(permutation), std::move(shape));
    return;
  }
  const std::string& key = keys.front();
  if (const ExpectedParameter* parameter = find(key)) {
    if (same_but_for_ones(shape, parameter->shape)) shape = parameter->shape;
    add(stored, parameter->name, std::move(permutation), std::move(shape));
    return;
  }
  const std::string full = starts_with(key, prefix_) ? key : concat(prefix_, key);
  if (const ExpectedParameter* parameter = find(tied_key(model_type_, full))) {
    tied_.push_back({stored, parameter, std::move(permutation)});
    return;
  }
  map_.skipped.push_back(
      {stored, is_other_head(name) ? SkipReason::kPreTrainingHead : SkipReason::kUnused});
}

NameMap NameMapper::finish() {
  // A tied name yields to the parameter's own, wherever they stand in the file.
  for (Tied& tied : tied_) {
    std::vector<std::int64_t> shape = permuted(tied.stored, tied.permutation);
    add(tied.stored, tied.parameter->name, std::move(tied.permutation), std::move(shape));
  }
  return std::move(map_);
}

std::vector<std::size_t> reversed_axes(std::size_t rank) {
  std::vector<std::size_t> axes(rank);
  for (std::size_t axis = 0; axis < rank; ++axis) axes[axis] = rank - 1 - axis;
  return axes;
}

std::vector<std::size_t> kernel_axes(std::size_t rank) {
  if (rank == 4) return {3, 2, 0, 1};
  return reversed_axes(rank);
}

}  // namespace verdict::convert

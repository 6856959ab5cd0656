#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "verdict/base/tensor.h"

namespace verdict {

/// What a forward pass gives back (transformers' `SequenceClassifierOutput`).
struct SequenceClassifierOutput {
  std::optional<double> loss;  ///< when `labels` were given; mean over the batch
  Tensor logits;               ///< float32 [batch, num_labels]

  /// Per-layer results that were asked for, by the reference's field name.
  /// `hidden_states`: float32 [batch, width, hidden_size], one more than layers; `attentions`:
  /// float32 [batch, heads, width, width], one a layer. Encoder-decoder classes have
  /// `encoder_hidden_states`, `decoder_hidden_states`, `encoder_attentions`, `decoder_attentions`
  /// and `cross_attentions` instead. All are zero where the mask of the token (of the query or the
  /// key) is zero; SqueezeBERT's `attentions`, which are scores, have the lowest float there.
  std::map<std::string, std::vector<Tensor>, std::less<>> states;

  /// What else the reference's class gives: `encoder_last_hidden_state` of encoder-decoder classes.
  std::map<std::string, Tensor, std::less<>> tensors;

  const std::vector<Tensor>& hidden_states() const { return state("hidden_states"); }
  const std::vector<Tensor>& attentions() const { return state("attentions"); }

  /// The group of that name. Throws `kInvalidArgument`, with the option that asks for it, when it
  /// was not requested.
  const std::vector<Tensor>& state(const std::string& name) const;
};

}  // namespace verdict

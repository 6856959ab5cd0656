#pragma once

#include <array>
#include <string_view>

#include "verdict/models/family.h"

namespace verdict::models {

/// Arguments by token of BERT and its kin.
inline constexpr std::array<std::string_view, 3> kBertArguments{"input_ids", "token_type_ids",
                                                                "position_ids"};

/// `embeddings`: word + token type + position, normalised; [tokens, size].
Value bert_embeddings(const ModelBuilder& model, const Scope& scope, Value position_ids,
                      std::int64_t size);

/// `encoder`: the layers of BERT (Devlin et al. 2018), normalised after each residual. Records the
/// states.
Value bert_encoder(ModelBuilder& model, const Scope& scope, Value hidden_states);

/// A head of two linear layers over the first token, `dense` and `out_proj`; [rows, num_labels].
Value dense_head(const ModelBuilder& model, const Scope& scope, Value last,
                 std::string_view activation);

/// The dropout before a classifier: `classifier_dropout`, or `hidden_dropout_prob` where that is
/// null.
double classifier_dropout(const PretrainedConfig& config);

}  // namespace verdict::models

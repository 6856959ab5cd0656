#pragma once

#include "verdict/models/family.h"

namespace verdict::models {

/// `transformer`: words, positions and, where the caller gives them, languages and token types
/// (rows of the words' table), normalised; [tokens, hidden].
Value xlm_embeddings(const ModelBuilder& model, const Scope& scope);

/// What the reference takes for padding when the caller gives no `attention_mask`: the last tokens,
/// as many as there are padding tokens. Their states are zeros, and nobody sees them.
struct XlmPadding {
  Value factors;  ///< [tokens, 1]: 0 for padding, 1 for the others
  Value queries;  ///< positions of an attention whose queries see no later key
  Value keys;
};

XlmPadding xlm_padding(const ModelBuilder& model, const Scope& scope);

}  // namespace verdict::models

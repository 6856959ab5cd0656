#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string_view>

#include "verdict/models/family.h"
#include "verdict/nn/rotary.h"

namespace verdict::models {

/// Arguments by token of BERT and its kin.
inline constexpr std::array<std::string_view, 3> kBertArguments{"input_ids", "token_type_ids",
                                                                "position_ids"};

/// What the embeddings of BERT's kin do otherwise.
struct BertEmbeddingOptions {
  bool norm = true;                    ///< a norm behind the sum
  std::int64_t first_position = 0;     ///< rows of the position table before the first token's
  std::int64_t padding_position = -1;  ///< the row of the position table that a new model zeroes
  /// Adds the positions whatever `position_embedding_type` says, which the type does not know.
  bool always_absolute = false;
  std::optional<Value> further = {};  ///< [tokens, size], added to the sum before the norm
  /// Size of the words' embeddings where it is another one, and what makes the sum's part of them.
  std::int64_t word_size = 0;
  std::function<Value(Value words)> map_words = {};
};

/// `embeddings`: word + token type + position, normalised; [tokens, size]. With relative positions
/// (`position_embedding_type`) the position table is there, but not added; without `position_ids`
/// there is none.
Value bert_embeddings(const ModelBuilder& model, const Scope& scope,
                      std::optional<Value> position_ids, std::int64_t size,
                      const BertEmbeddingOptions& options = {});

/// Rotary positions, which take the place of `position_embedding_type`.
struct BertRotary {
  Value table;  ///< [tokens, head size]
  nn::RotaryOptions options = {};
  bool values = false;  ///< rotates the values, too
};

/// What the self-attention of BERT's kin does otherwise.
struct BertAttentionOptions {
  bool may_decode = true;        ///< `is_decoder` hides later tokens
  bool scales_distances = true;  ///< learned distances are added before the division by √head_size
  std::optional<BertRotary> rotary = {};
};

/// The self-attention of layer number `layer`: projections, scores and context without the output
/// projection, [tokens, kept heads · head size]. Heads that `pruned_heads` names are not there.
/// `position_embedding_type` relative_key and relative_key_query add learned distances to the
/// scores (Shaw et al. 2018; Huang et al. 2020). Records the attention.
Value bert_self_attention(ModelBuilder& model, const Scope& scope, Value x, std::int64_t layer,
                          const BertAttentionOptions& options = {});

/// What the encoders of BERT's kin do otherwise.
struct BertEncoderOptions {
  /// Norms before the attention and before the feed-forward network, by their names below the
  /// layer. Empty: BERT's, behind the residual sums.
  std::string_view attention_norm = {};
  std::string_view feed_forward_norm = {};
  /// The norm behind the last layer; its output is the last of the states.
  std::optional<Scope> last_norm = {};
  BertAttentionOptions attention = {};
  /// In the place of `bert_self_attention`.
  std::function<Value(ModelBuilder& model, const Scope& scope, Value x, std::int64_t layer)>
      self_attention = {};
  std::int64_t feed_forward_groups = 1;  ///< stored by group where there are several
  /// What becomes of a layer's output.
  std::function<Value(Value x, std::int64_t layer)> after_layer = {};
};

/// `encoder`: the layers of BERT (Devlin et al. 2018). Records the states.
Value bert_encoder(ModelBuilder& model, const Scope& scope, Value hidden_states,
                   const BertEncoderOptions& options = {});

/// A head of two linear layers over the first token, `dense` and `out_proj`; [rows, num_labels].
Value dense_head(const ModelBuilder& model, const Scope& scope, Value last,
                 std::string_view activation);

/// The dropout before a classifier: `classifier_dropout`, or `hidden_dropout_prob` where that is
/// null.
double classifier_dropout(const PretrainedConfig& config);

}  // namespace verdict::models

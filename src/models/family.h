#pragma once

#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "verdict/config/config.h"
#include "verdict/nn/attention.h"
#include "verdict/nn/layers.h"

namespace verdict::models {

using nn::Scope;
using nn::Value;

/// What an architecture file writes into: the graph through scopes, and the outputs of the
/// reference's class.
class ModelBuilder {
 public:
  ModelBuilder(const PretrainedConfig& config, graph::Graph& graph);

  const PretrainedConfig& config() const { return config_; }

  /// The root of the parameter names.
  const Scope& root() const { return root_; }

  std::int64_t num_labels() const { return config_.num_labels(); }
  std::int64_t hidden_size() const { return config_.get<std::int64_t>("hidden_size"); }

  /// The next of `hidden_states`; the embeddings' first, then one a layer.
  void hidden_state(Value value) { state("hidden_states", value); }
  /// The next of `attentions`.
  void attention(Value probabilities) { state("attentions", probabilities); }
  /// The next of a group of states under the reference's field name (`decoder_hidden_states`,
  /// `cross_attentions`, …).
  void state(std::string_view group, Value value);
  /// An output that the reference gives always, such as `encoder_last_hidden_state`.
  void output(std::string_view name, Value value);
  /// [rows, num_labels]
  void logits(Value value);

 private:
  const PretrainedConfig& config_;
  graph::Graph& graph_;
  Scope root_;
  std::map<std::string, std::int64_t, std::less<>> states_;  // count by group
};

/// For configs whose positions have no bound.
inline constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();

/// An architecture: how it is built and what its checkpoints look like.
struct Family {
  /// The scope of the base model; parameters outside of it belong to the head.
  std::string_view base_model_prefix;
  /// Arguments by token that `forward` takes beside `attention_mask`.
  std::span<const std::string_view> arguments;
  void (*build)(ModelBuilder& model);
  /// The longest input in tokens, special ones included, that the positions allow; null or
  /// `kNoLimit`: any.
  std::int64_t (*max_length)(const PretrainedConfig& config) = nullptr;
};

/// Whether a decoder's tokens see no later ones: unless `is_causal` is false, which opens any
/// decoder of transformers.
bool is_causal(const PretrainedConfig& config);

/// `max_length` of families with a table of `max_position_embeddings` rows that starts at the first
/// token.
std::int64_t max_position_embeddings(const PretrainedConfig& config);

/// `max_length` with `nn::token_count_positions`: the rows up to that of the padding token are no
/// token's.
std::int64_t max_counted_tokens(const PretrainedConfig& config, std::int64_t padding_idx);

}  // namespace verdict::models

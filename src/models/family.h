#pragma once

#include <span>
#include <string_view>

#include "verdict/config/config.h"
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

  /// The next of `hidden_states`; the embeddings' first, then one a layer.
  void hidden_state(Value value);
  /// The next of `attentions`.
  void attention(Value probabilities);
  /// [rows, num_labels]
  void logits(Value value);

 private:
  const PretrainedConfig& config_;
  graph::Graph& graph_;
  Scope root_;
  std::int64_t hidden_states_ = 0;
  std::int64_t attentions_ = 0;
};

/// An architecture: how it is built and what its checkpoints look like.
struct Family {
  /// The scope of the base model; parameters outside of it belong to the head.
  std::string_view base_model_prefix;
  /// Arguments by token that `forward` takes beside `attention_mask`.
  std::span<const std::string_view> arguments;
  void (*build)(ModelBuilder& model);
  /// Positions before the first token's, which shorten the longest input that
  /// `max_position_embeddings` allows; null: none.
  std::int64_t (*position_offset)(const PretrainedConfig& config) = nullptr;
};

}  // namespace verdict::models

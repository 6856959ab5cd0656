#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "verdict/auto/model_inputs.h"
#include "verdict/auto/model_output.h"
#include "verdict/backends/backend.h"
#include "verdict/checkpoint/load_report.h"
#include "verdict/config/config.h"
#include "verdict/models/registry.h"

namespace verdict {

/// Per-call options of `forward`; unset ones follow the config, as in the reference.
struct ForwardOptions {
  std::optional<bool> output_hidden_states;
  std::optional<bool> output_attentions;
};

/// Bytes and counts of a model's parameters, for `inspect`.
struct ParameterSummary {
  std::string name;
  std::vector<std::int64_t> shape;
  DType storage = DType::kF32;
  std::int64_t packed_bytes = 0;
};

/// A sequence classifier (transformers' `PreTrainedModel` with a sequence-classification head).
///
/// `forward` may be called from several threads at once. Made by
/// `AutoModelForSequenceClassification` or by a concrete class such as
/// `BertForSequenceClassification`.
class SequenceClassifier {
 public:
  /// A model whose weights are still to be set; see `ModelLoader`. `seed` starts the generator of
  /// dropout.
  SequenceClassifier(const ModelType& type, PretrainedConfig config,
                     std::shared_ptr<const Backend> backend, ComputeType dtype,
                     std::uint64_t seed = 0);
  ~SequenceClassifier();
  SequenceClassifier(const SequenceClassifier&) = delete;
  SequenceClassifier& operator=(const SequenceClassifier&) = delete;

  /// Runs a padded batch, see `ModelInputs`. `labels` add the loss, and an unset
  /// `config.problem_type` is inferred from them and kept, as in the reference.
  SequenceClassifierOutput forward(const ModelInputs& inputs, const ForwardOptions& options = {});

  /// Runs a ragged batch (`tokens` holds `input_ids` and what else the model takes); logits float32
  /// [rows, num_labels].
  Tensor forward(const graph::Batch& batch);

  /// Name of the reference's class, for example "BertForSequenceClassification".
  std::string class_name() const { return type_.class_name(); }
  const ModelType& type() const { return type_; }
  const PretrainedConfig& config() const { return config_; }
  ComputeType dtype() const { return dtype_; }
  const Backend& backend() const { return *backend_; }

  /// Evaluation mode is the state after `from_pretrained`; training mode makes dropout active in
  /// `forward`.
  SequenceClassifier& eval();
  SequenceClassifier& train(bool mode = true);
  bool training() const { return training_; }

  /// The parameters in the order of declaration.
  std::vector<ParameterSummary> named_parameters() const;
  /// One parameter, float32. Throws `kNotFound`, and `kUnsupported` where a q8 model keeps no float
  /// values.
  Tensor parameter(std::string_view name) const;
  /// All parameters by name, float32.
  std::vector<std::pair<std::string, Tensor>> state_dict() const;

  /// Config as JSON text, as `save_pretrained` writes it.
  std::string config_json() const;

  const LoadReport& load_report() const { return report_; }

  /// Work of all runs since the model was made.
  Counters counters() const;
  std::int64_t arena_bytes() const;

  /// For loaders: the declaration and the weights that are being filled.
  const graph::Graph& declaration() const { return declaration_; }
  Weights& weights() { return *weights_; }
  void set_load_report(LoadReport report) { report_ = std::move(report); }

 private:
  struct PlanSlot;
  class Run;

  SequenceClassifierOutput forward_padded(const ModelInputs& inputs, const ForwardOptions& options);

  /// The plan for one set of requested outputs in the current mode; the mutex is held.
  PlanSlot& plan_for(const std::set<std::string>& groups);

  ModelType type_;
  PretrainedConfig config_;
  std::shared_ptr<const Backend> backend_;
  ComputeType dtype_;
  std::uint64_t seed_;
  graph::Graph declaration_;
  std::shared_ptr<Weights> weights_;
  LoadReport report_;
  bool training_ = false;

  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<PlanSlot>> plans_;
  Counters counters_;
};

}  // namespace verdict

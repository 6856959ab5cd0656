#include "verdict/auto/model.h"

#include <algorithm>
#include <cstring>
#include <exception>
#include <utility>

#include "verdict/auto/loss.h"
#include "verdict/base/error.h"
#include "verdict/base/json.h"
#include "verdict/base/strings.h"
#include "verdict/graph/passes/passes.h"
#include "verdict/graph/shape_inference.h"

namespace verdict {

namespace {

constexpr std::string_view kLogits = "logits";

/// "hidden_states" of "hidden_states.3"; a name without a number is its own group.
std::string_view group_of(std::string_view output) { return output.substr(0, output.find('.')); }

/// The columns of a row's tokens.
std::span<const std::int32_t> columns_of(const graph::Batch& batch, std::int64_t row) {
  const auto first = static_cast<std::size_t>(batch.offsets[static_cast<std::size_t>(row)]);
  const auto last = static_cast<std::size_t>(batch.offsets[static_cast<std::size_t>(row) + 1]);
  return std::span(batch.columns).subspan(first, last - first);
}

/// The columns of the keys of a row: those of its tokens behind the rows that are put before them.
std::vector<std::int32_t> key_columns(std::span<const std::int32_t> columns, std::int64_t prefix) {
  std::vector<std::int32_t> out;
  for (std::int32_t i = 0; i < prefix; ++i) out.push_back(i);
  for (const std::int32_t column : columns)
    out.push_back(static_cast<std::int32_t>(prefix) + column);
  return out;
}

/// Ragged results back in the padded layout, the value's padding where there is no token. Axis 0 of
/// the shape gives the layout: rows [tokens, n] → [batch, width, n]; pairs → [batch, n, width,
/// keys].
Tensor to_padded(const graph::Graph& graph, const graph::Batch& batch, graph::Value value,
                 std::span<const float> ragged) {
  const auto& [type, shape, padding] = graph.info(value);
  const std::int64_t rows = batch.rows();
  const std::int64_t width = batch.width;
  const std::int64_t n = shape[1].size;
  if (shape[0].kind == graph::Axis::Kind::kRows) {
    Tensor out(DType::kF32, {rows, width, n});
    std::ranges::fill(out.f32(), padding);
    const float* from = ragged.data();
    for (std::int64_t row = 0; row < rows; ++row) {
      for (const std::int32_t column : columns_of(batch, row)) {
        std::memcpy(out.f32().data() + (row * width + column) * n, from,
                    static_cast<std::size_t>(n) * sizeof(float));
        from += n;
      }
    }
    return out;
  }
  const auto& keys_of = graph.segmentations()[static_cast<std::size_t>(shape[0].key_rows)];
  const std::int64_t key_width = width + keys_of.count;
  Tensor out(DType::kF32, {rows, n, width, key_width});
  std::ranges::fill(out.f32(), padding);
  const float* from = ragged.data();
  for (std::int64_t row = 0; row < rows; ++row) {
    const auto columns = columns_of(batch, row);
    const auto keys = key_columns(columns, keys_of.count);
    for (std::int64_t head = 0; head < n; ++head) {
      float* plane = out.f32().data() + (row * n + head) * width * key_width;
      for (const std::int32_t query : columns) {
        for (const std::int32_t key : keys) plane[query * key_width + key] = *from++;
      }
    }
  }
  return out;
}

}  // namespace

/// A plan for one set of requested outputs, with contexts that wait for their next run: those that
/// run on all threads, and those that run on one.
struct SequenceClassifier::PlanSlot {
  std::set<std::string> groups;
  bool training;
  std::shared_ptr<const Plan> plan;
  std::vector<std::unique_ptr<Context>> together;
  std::vector<std::unique_ptr<Context>> alone;
};

/// One batch, run in contexts that are borrowed from their slot; its work is added to the model's
/// counters.
class SequenceClassifier::Run {
 public:
  Run(SequenceClassifier& model, const std::set<std::string>& groups, const graph::Batch& batch)
      : model_(model) {
    model.declaration_.check(batch);
    {
      const std::lock_guard lock(model.mutex_);
      slot_ = &model.plan_for(groups);
    }
    with_memory_errors("Running the model", [&] { run(batch); });
  }

  ~Run() {
    const std::lock_guard lock(model_.mutex_);
    for (std::unique_ptr<Context>& context : contexts_) idle().push_back(std::move(context));
    model_.counters_ += counters_;
  }

  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  const graph::Graph& graph() const { return slot_->plan->graph(); }
  std::span<const float> output(std::size_t index) const { return outputs_[index]; }

 private:
  /// What a part of the batch gives.
  struct Part {
    std::vector<std::vector<float>> outputs;
    Counters counters;
    std::exception_ptr error;
  };

  void run(const graph::Batch& batch) {
    const auto threads = static_cast<std::size_t>(model_.backend_->threads());
    // What dropout draws depends on a run's rows, and should not on the number of threads.
    const auto cuts = slot_->training
                          ? std::vector<std::int64_t>{0, batch.rows()}
                          : graph::even_cuts(batch, model_.backend_->most_useful_tokens());
    std::vector<Part> parts(cuts.size() - 1);
    // Several parts a thread keep all of them busy until nearly the end; with fewer, all threads
    // run one part after another.
    alone_ = threads > 1 && parts.size() >= 2 * threads;
    borrow(alone_ ? threads : 1);
    const auto run_part = [&](std::size_t part, std::size_t thread) {
      try {
        contexts_[thread]->run(batch.part(cuts[part], cuts[part + 1]));
        for (std::size_t i = 0; i < graph().outputs().size(); ++i) {
          const auto output = contexts_[thread]->output(i);
          parts[part].outputs.emplace_back(output.begin(), output.end());
        }
        parts[part].counters = contexts_[thread]->counters();
      } catch (...) {
        parts[part].error = std::current_exception();
      }
    };
    if (alone_) {
      model_.backend_->for_each(parts.size(), run_part);
    } else {
      for (std::size_t part = 0; part < parts.size(); ++part) run_part(part, 0);
    }
    for (const Part& part : parts) {
      if (part.error) std::rethrow_exception(part.error);
      counters_ += part.counters;
      outputs_.resize(part.outputs.size());
      for (std::size_t i = 0; i < outputs_.size(); ++i)
        outputs_[i].insert(outputs_[i].end(), part.outputs[i].begin(), part.outputs[i].end());
    }
  }

  std::vector<std::unique_ptr<Context>>& idle() { return alone_ ? slot_->alone : slot_->together; }

  void borrow(std::size_t count) {
    const std::lock_guard lock(model_.mutex_);
    for (; count > 0; --count) {
      if (idle().empty()) {
        contexts_.push_back(slot_->plan->create_context(alone_));
      } else {
        contexts_.push_back(std::move(idle().back()));
        idle().pop_back();
      }
    }
  }

  SequenceClassifier& model_;
  PlanSlot* slot_;
  bool alone_ = false;
  std::vector<std::unique_ptr<Context>> contexts_;
  Counters counters_;
  std::vector<std::vector<float>> outputs_;
};

SequenceClassifier::SequenceClassifier(const ModelType& type, PretrainedConfig config,
                                       std::shared_ptr<const Backend> backend, ComputeType dtype,
                                       std::uint64_t seed)
    : type_(type),
      config_(std::move(config)),
      backend_(std::move(backend)),
      dtype_(dtype),
      seed_(seed),
      declaration_(build_graph(type_, config_)),
      weights_(backend_->create_weights(declaration_, dtype)) {}

SequenceClassifier::~SequenceClassifier() = default;

SequenceClassifier::PlanSlot& SequenceClassifier::plan_for(const std::set<std::string>& groups) {
  for (const auto& slot : plans_) {
    if (slot->groups == groups && slot->training == training_) return *slot;
  }
  const auto wanted = [&](std::string_view name) {
    return name == kLogits || groups.contains(std::string(group_of(name)));
  };
  graph::Graph graph = training_ ? graph::select_outputs(declaration_, wanted)
                                 : graph::optimize_for_inference(declaration_, wanted);
  auto slot = std::make_unique<PlanSlot>();
  slot->groups = groups;
  slot->training = training_;
  slot->plan = backend_->compile(std::move(graph), weights_, seed_);
  plans_.push_back(std::move(slot));
  return *plans_.back();
}

SequenceClassifierOutput SequenceClassifier::forward(const ModelInputs& inputs,
                                                     const ForwardOptions& options) {
  return with_memory_errors("Running the model", [&] { return forward_padded(inputs, options); });
}

SequenceClassifierOutput SequenceClassifier::forward_padded(const ModelInputs& inputs,
                                                            const ForwardOptions& options) {
  ModelInputs arguments = inputs;
  const auto labels = arguments.extract("labels");
  const graph::Batch batch = to_ragged(arguments, type_.family->arguments);

  const bool hidden_states =
      options.output_hidden_states.value_or(config_.get_or<bool>("output_hidden_states", false));
  const bool attentions =
      options.output_attentions.value_or(config_.get_or<bool>("output_attentions", false));
  std::set<std::string> groups;
  for (const graph::Output& output : declaration_.outputs()) {
    const std::string_view group = group_of(output.name);
    const bool by_layer = group != output.name;
    if (group == kLogits ||
        (by_layer && !(ends_with(group, "attentions") ? attentions : hidden_states)))
      continue;
    groups.emplace(group);
  }

  const Run run(*this, groups, batch);
  SequenceClassifierOutput result;
  const auto& outputs = run.graph().outputs();
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const std::string_view name = outputs[i].name;
    const std::string_view group = group_of(name);
    if (name == kLogits) {
      result.logits = Tensor::from_f32({batch.rows(), config_.num_labels()}, run.output(i));
      continue;
    }
    Tensor padded = to_padded(run.graph(), batch, outputs[i].value, run.output(i));
    if (group == name) {
      result.tensors.emplace(name, std::move(padded));
    } else {
      result.states[std::string(group)].push_back(std::move(padded));
    }
  }
  if (labels) {
    const std::lock_guard lock(mutex_);
    if (!config_.problem_type()) {
      config_.set_problem_type(infer_problem_type(config_.num_labels(), labels.mapped().dtype()));
    }
    result.loss =
        sequence_classification_loss(*config_.problem_type(), result.logits, labels.mapped());
  }
  return result;
}

Tensor SequenceClassifier::forward(const graph::Batch& batch) {
  const Run run(*this, {}, batch);
  return Tensor::from_f32({batch.rows(), config_.num_labels()}, run.output(0));
}

SequenceClassifier& SequenceClassifier::eval() { return train(false); }

SequenceClassifier& SequenceClassifier::train(bool mode) {
  const std::lock_guard lock(mutex_);
  training_ = mode;
  return *this;
}

std::vector<ParameterSummary> SequenceClassifier::named_parameters() const {
  std::vector<ParameterSummary> out;
  const auto& parameters = declaration_.parameters();
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const auto id = static_cast<graph::ParameterId>(i);
    out.push_back({parameters[i].name, parameters[i].shape, weights_->storage(id),
                   weights_->packed_bytes(id)});
  }
  return out;
}

Tensor SequenceClassifier::parameter(std::string_view name) const {
  const auto& parameters = declaration_.parameters();
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (parameters[i].name == name) return weights_->get(static_cast<graph::ParameterId>(i));
  }
  throw Error(ErrorCode::kNotFound,
              concat("The model ", class_name(), " has no parameter \"", name, "\"."));
}

std::vector<std::pair<std::string, Tensor>> SequenceClassifier::state_dict() const {
  std::vector<std::pair<std::string, Tensor>> out;
  for (const graph::Parameter& declared : declaration_.parameters()) {
    out.emplace_back(declared.name, parameter(declared.name));
  }
  return out;
}

std::string SequenceClassifier::config_json() const {
  nlohmann::json json = config_.to_json();
  json["architectures"] = {class_name()};
  // What is written beside it are floats.
  json.erase("quantization_config");
  return to_text(json, 2) + "\n";
}

Counters SequenceClassifier::counters() const {
  const std::lock_guard lock(mutex_);
  return counters_;
}

std::int64_t SequenceClassifier::arena_bytes() const {
  const std::lock_guard lock(mutex_);
  std::int64_t bytes = 0;
  for (const auto& slot : plans_) {
    for (const auto& context : slot->together) bytes += context->arena_bytes();
    for (const auto& context : slot->alone) bytes += context->arena_bytes();
  }
  return bytes;
}

}  // namespace verdict

#pragma once

#include <memory>
#include <vector>

#include "verdict/backends/xnnpack/aligned_buffer.h"
#include "verdict/backends/xnnpack/plan.h"
#include "verdict/graph/shape_inference.h"

namespace verdict::xnnpack {

/// Runs a plan, one batch at a time, in an arena that grows with the largest batch.
class XnnpackContext final : public Context {
 public:
  explicit XnnpackContext(std::shared_ptr<const XnnpackPlan> plan) : plan_(std::move(plan)) {}

  void run(const graph::Batch& batch) override;
  std::span<const float> output(std::size_t index) const override;
  const Counters& counters() const override { return counters_; }
  std::int64_t arena_bytes() const override { return static_cast<std::int64_t>(arena_.size()); }

 private:
  /// Gives every value that is read, and every node that needs it a scratch, its place in the
  /// arena.
  void bind(const graph::Batch& batch);

  void execute(const graph::Node& node, const graph::InputOp& op);
  void execute(const graph::Node& node, const graph::EmbeddingOp& op);
  void execute(const graph::Node& node, const graph::LinearOp& op);
  void execute(const graph::Node& node, const graph::LayerNormOp& op);
  void execute(const graph::Node& node, const graph::ActivationOp& op);
  void execute(const graph::Node& node, const graph::AddOp& op);
  void execute(const graph::Node& node, const graph::AttentionOp& op);
  void execute(const graph::Node& node, const graph::SelectRowsOp& op);
  void execute(const graph::Node& node, const graph::DropoutOp& op);

  /// Calls body(first, last) for blocks of rows on the pool.
  template <typename Body>
  void for_rows(std::size_t rows, const Body& body) const;

  bool is_read(graph::Value value) const { return plan_->last_use(value).has_value(); }
  float* floats(graph::Value value);
  std::int32_t* ints(graph::Value value);
  std::size_t rows(graph::Value value) const;
  std::size_t columns(graph::Value value) const;
  std::uint64_t attention_scratch_floats(const graph::Node& node,
                                         const graph::AttentionOp& op) const;
  std::uint64_t scratch_bytes(const graph::Node& node) const;
  std::uint64_t node_seed() const;

  std::shared_ptr<const XnnpackPlan> plan_;
  const graph::Batch* batch_ = nullptr;
  std::unique_ptr<graph::BoundSizes> sizes_;
  std::vector<std::int64_t> value_offsets_;    // by value
  std::vector<std::int64_t> scratch_offsets_;  // by node
  AlignedBuffer arena_;
  Counters counters_;
  std::size_t node_ = 0;  // the one that runs
  std::uint64_t run_count_ = 0;
};

}  // namespace verdict::xnnpack

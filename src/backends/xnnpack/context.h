#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "verdict/backends/xnnpack/aligned_buffer.h"
#include "verdict/backends/xnnpack/plan.h"
#include "verdict/graph/shape_inference.h"

namespace verdict::xnnpack {

/// Runs a plan, one batch at a time, in an arena that grows with the largest batch. Values that
/// depend on parameters only are computed at the first run and kept.
class XnnpackContext final : public Context {
 public:
  XnnpackContext(std::shared_ptr<const XnnpackPlan> plan, const Machine& machine)
      : plan_(std::move(plan)), machine_(machine) {}

  void run(const graph::Batch& batch) override;
  std::span<const float> output(std::size_t index) const override;
  const Counters& counters() const override { return counters_; }
  std::int64_t arena_bytes() const override {
    return static_cast<std::int64_t>(arena_.size() + constants_.size());
  }

 private:
  /// Gives every value that is read, and every node that needs it a scratch, its place in the
  /// arena.
  void bind(const graph::Batch& batch);
  void place(std::span<const std::size_t> nodes, bool constants, AlignedBuffer& buffer);

  // execute_basic.cc
  void execute(const graph::Node& node, const graph::InputOp& op);
  void execute(const graph::Node& node, const graph::FloatInputOp& op);
  void execute(const graph::Node& node, const graph::TableOp& op);
  void execute(const graph::Node& node, const graph::EmbeddingOp& op);
  void execute(const graph::Node& node, const graph::LinearOp& op);
  void execute(const graph::Node& node, const graph::NormOp& op);
  void execute(const graph::Node& node, const graph::ActivationOp& op);
  void execute(const graph::Node& node, const graph::AddOp& op);
  void execute(const graph::Node& node, const graph::MultiplyOp& op);
  void execute(const graph::Node& node, const graph::ScaleOp& op);
  void execute(const graph::Node& node, const graph::AffineOp& op);
  void execute(const graph::Node& node, const graph::ConcatColumnsOp& op);
  void execute(const graph::Node& node, const graph::RotaryOp& op);
  void execute(const graph::Node& node, const graph::SelectRowsOp& op);
  void execute(const graph::Node& node, const graph::DropoutOp& op);
  // execute_sequence.cc: ops that see a token's neighbours
  void execute(const graph::Node& node, const graph::ShiftRowsOp& op);
  void execute(const graph::Node& node, const graph::PrependRowsOp& op);
  void execute(const graph::Node& node, const graph::ConvolutionOp& op);
  void execute(const graph::Node& node, const graph::DynamicConvolutionOp& op);
  void execute(const graph::Node& node, const graph::PoolOp& op);
  // execute_attention.cc
  void execute(const graph::Node& node, const graph::AttentionOp& op);
  // execute_nystrom.cc
  void execute(const graph::Node& node, const graph::NystromAttentionOp& op);

  // Bytes of scratch; 0 for most ops.
  std::uint64_t scratch_bytes(const graph::Node& node) const;
  std::uint64_t attention_scratch_floats(const graph::Node& node,
                                         const graph::AttentionOp& op) const;
  std::uint64_t convolution_scratch(const graph::Node& node, const graph::ConvolutionOp& op) const;
  std::uint64_t nystrom_scratch_floats(const graph::Node& node,
                                       const graph::NystromAttentionOp& op) const;

  void depthwise(const graph::Node& node, const graph::ConvolutionOp& op);

  /// Calls body(first, last) for blocks of rows on the pool.
  template <typename Body>
  void for_rows(std::size_t rows, const Body& body) const {
    // Rows a task: enough to outweigh its start.
    constexpr std::size_t kRowBlock = 16;
    machine_.pool.run((rows + kRowBlock - 1) / kRowBlock, [&](std::size_t block, std::size_t) {
      body(block * kRowBlock, std::min(rows, (block + 1) * kRowBlock));
    });
  }

  bool is_read(graph::Value value) const { return plan_->last_use(value).has_value(); }
  const std::byte* data(graph::Value value) const;
  const float* floats(graph::Value value) const {
    return reinterpret_cast<const float*>(data(value));
  }
  const std::int32_t* ints(graph::Value value) const {
    return reinterpret_cast<const std::int32_t*>(data(value));
  }
  std::byte* out_data(graph::Value value);
  float* out_floats(graph::Value value) { return reinterpret_cast<float*>(out_data(value)); }
  std::int32_t* out_ints(graph::Value value) {
    return reinterpret_cast<std::int32_t*>(out_data(value));
  }
  /// The scratch of the node that runs.
  std::byte* scratch();

  std::size_t rows(graph::Value value) const;
  std::size_t columns(graph::Value value) const;
  /// Where the sequences begin in the rows of a value.
  std::span<const std::int32_t> offsets(graph::Value value) const;
  std::size_t longest_sequence(graph::Value value) const;
  std::uint64_t node_seed() const;

  std::shared_ptr<const XnnpackPlan> plan_;
  const Machine& machine_;  // one of the plan's
  const graph::Batch* batch_ = nullptr;
  std::unique_ptr<graph::BoundSizes> sizes_;
  std::vector<std::int64_t> value_offsets_;    // by value
  std::vector<std::int64_t> scratch_offsets_;  // by node
  AlignedBuffer arena_;
  AlignedBuffer constants_;
  bool has_constants_ = false;
  Counters counters_;
  std::size_t node_ = 0;  // the one that runs
  std::uint64_t run_count_ = 0;
};

}  // namespace verdict::xnnpack

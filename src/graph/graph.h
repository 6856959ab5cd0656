#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "verdict/graph/op.h"

namespace verdict::graph {

/// How the rows of an axis are divided among the sequences of a batch.
struct Segmentation {
  enum class Rule {
    kTokens,     ///< as many rows as the sequence has real tokens
    kPrefixed,   ///< `count` rows before the sequence's real tokens
    kConstant,   ///< `count` rows a sequence
    kShared,     ///< `count` rows that all sequences share
    kDistances,  ///< shared: one a difference of columns, from 1 - width to width - 1
  };
  Rule rule = Rule::kTokens;
  std::int64_t count = 0;
  friend bool operator==(const Segmentation&, const Segmentation&) = default;
};

/// Whether the rows belong to the whole batch and not to its sequences.
inline bool is_shared(const Segmentation& segmentation) {
  return segmentation.rule == Segmentation::Rule::kShared ||
         segmentation.rule == Segmentation::Rule::kDistances;
}

/// One axis of a value: a fixed size, the rows of a segmentation, or all (query, key) pairs inside
/// each sequence.
struct Axis {
  enum class Kind { kFixed, kRows, kPairs };
  Kind kind = Kind::kFixed;
  std::int64_t size = 0;         ///< kFixed
  SegmentationId rows = -1;      ///< kRows; the queries of kPairs
  SegmentationId key_rows = -1;  ///< the keys of kPairs
  friend bool operator==(const Axis&, const Axis&) = default;

  static Axis fixed(std::int64_t size) { return {Kind::kFixed, size, -1, -1}; }
  static Axis segmented(SegmentationId rows) { return {Kind::kRows, 0, rows, -1}; }
  static Axis pairs(SegmentationId queries, SegmentationId keys) {
    return {Kind::kPairs, 0, queries, keys};
  }
};

using Shape = std::vector<Axis>;

/// Type of a value: int32 (prelude inputs) or float (whatever the backend computes in).
enum class ElementType { kInt32, kFloat };

struct ValueInfo {
  ElementType type = ElementType::kFloat;
  Shape shape;
  /// What stands for tokens that are not there when the value is given back padded.
  float padding = 0;
};

/// Distribution of a parameter in a new model (`from_config`).
struct Initializer {
  enum class Kind {
    kNormal,
    kConstant,
    kSinusoidal,  ///< [positions, size]: sines in even columns, cosines in odd ones (Vaswani et al.
                  ///< 2017)
    kSinusoidalHalves,  ///< the same with all sines before all cosines
  };
  Kind kind = Kind::kConstant;
  double value = 0;  ///< kConstant
  double stddev = 0;
  std::int64_t zero_row =
      -1;             ///< the row of the padding token, which the reference zeroes; -1: none
  double cutoff = 0;  ///< kNormal: drawn again beyond that many deviations; 0: no bound

  static Initializer normal(double stddev, std::int64_t zero_row = -1, double cutoff = 0) {
    return {Kind::kNormal, 0, stddev, zero_row, cutoff};
  }
  static Initializer constant(double value) { return {Kind::kConstant, value, 0, -1, 0}; }
  static Initializer zeros() { return constant(0); }
  static Initializer ones() { return constant(1); }
  static Initializer sinusoidal() { return {Kind::kSinusoidal, 0, 0, -1, 0}; }
  static Initializer sinusoidal_halves() { return {Kind::kSinusoidalHalves, 0, 0, -1, 0}; }
};

/// A weight: its name in the checkpoint, its shape and its initialisation.
struct Parameter {
  std::string name;
  std::vector<std::int64_t> shape;
  Initializer initializer;
};

struct Node {
  Op op;
  std::vector<Value> inputs;
  std::vector<Value> outputs;
};

/// A named result, such as "logits" or "hidden_states.3".
struct Output {
  std::string name;
  Value value;
};

/// The declaration of a model: nodes in the order of execution, over values whose sizes are symbols
/// of the batch.
///
/// Adding a node infers its outputs' shapes and throws `kInternal`, with the op's name and the
/// shapes, when the inputs do not fit: a graph that exists is well-formed.
class Graph {
 public:
  /// The segmentation by real tokens; every graph has it.
  static constexpr SegmentationId kTokens = 0;

  Graph();

  SegmentationId segmentation(Segmentation segmentation);

  /// The parameter of that name, declared at its first use; a second use must agree in shape.
  /// Throws `kOutOfMemory` when all parameters together, as float32, pass what a build can hold: 1
  /// TiB, or 4 GiB with 32-bit pointers.
  ParameterId parameter(std::string name, std::vector<std::int64_t> shape, Initializer initializer);

  /// Throws `kOutOfMemory` for a graph of more nodes than any real model has (131,072).
  std::vector<Value> add(Op op, std::vector<Value> inputs);

  /// `add` for ops whose first output is the one that matters.
  Value apply(Op op, std::vector<Value> inputs) {
    return add(std::move(op), std::move(inputs)).front();
  }

  void output(std::string name, Value value);

  /// A condition on whole batches, which contexts may see in parts; it throws `kInvalidArgument`.
  using BatchCheck = std::function<void(const Batch&)>;
  void require(BatchCheck check) { checks_.push_back(std::move(check)); }
  /// Throws where the batch does not meet the conditions.
  void check(const Batch& batch) const {
    for (const BatchCheck& check : checks_) check(batch);
  }

  const ValueInfo& info(Value value) const {
    return values_.at(static_cast<std::size_t>(value.id));
  }
  std::int64_t columns(Value value) const;  ///< size of a [rows, columns] value's last axis

  const std::vector<Segmentation>& segmentations() const { return segmentations_; }
  const std::vector<Parameter>& parameters() const { return parameters_; }
  const std::vector<ValueInfo>& values() const { return values_; }
  const std::vector<Node>& nodes() const { return nodes_; }
  const std::vector<Output>& outputs() const { return outputs_; }

  /// A graph with the same parameters, segmentations and conditions and nothing else; where passes
  /// begin to write.
  Graph empty_copy() const;

 private:
  ValueInfo& at(Value value) { return values_.at(static_cast<std::size_t>(value.id)); }

  std::vector<Segmentation> segmentations_;
  std::vector<Parameter> parameters_;
  std::map<std::string, ParameterId, std::less<>> parameter_ids_;
  std::int64_t parameter_bytes_ = 0;
  std::vector<ValueInfo> values_;
  std::vector<Node> nodes_;
  std::vector<Output> outputs_;
  std::vector<BatchCheck> checks_;
};

/// The graph as text, a line a node; for tests and for `inspect`.
std::string to_string(const Graph& graph);

}  // namespace verdict::graph

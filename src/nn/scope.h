#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "verdict/graph/graph.h"

namespace verdict::nn {

using graph::Value;

/// A place in a model's tree of modules: its path is the prefix of its parameters' checkpoint
/// names.
///
///     Scope layer = encoder["layer"][3];
///     Value y = linear(layer["output"]["dense"], x, 768);   //
///     encoder.layer.3.output.dense.{weight,bias}
class Scope {
 public:
  Scope(graph::Graph& graph, double initializer_range)
      : graph_(&graph), initializer_range_(initializer_range) {}

  Scope operator[](std::string_view child) const;
  Scope operator[](std::int64_t index) const {
    return (*this)[std::string_view(std::to_string(index))];
  }

  graph::Graph& graph() const { return *graph_; }
  const std::string& path() const { return path_; }

  /// Standard deviation of newly initialised weights (`config.initializer_range`).
  double initializer_range() const { return initializer_range_; }

  /// The same place for weights with another standard deviation.
  Scope with_deviation(double stddev) const {
    Scope scope = *this;
    scope.initializer_range_ = stddev;
    return scope;
  }
  /// The same place for weights that are drawn from a normal distribution cut off at that many
  /// deviations; 0: not cut off.
  Scope with_cutoff(double deviations) const {
    Scope scope = *this;
    scope.cutoff_ = deviations;
    return scope;
  }
  /// How the weights of linear layers and embeddings start; `zero_row`: of the padding token.
  graph::Initializer weight_initializer(std::int64_t zero_row = -1) const {
    return graph::Initializer::normal(initializer_range_, zero_row, cutoff_);
  }

  graph::ParameterId parameter(std::string_view name, std::vector<std::int64_t> shape,
                               graph::Initializer initializer) const;

 private:
  graph::Graph* graph_;
  double initializer_range_;
  double cutoff_ = 0;
  std::string path_;
};

}  // namespace verdict::nn

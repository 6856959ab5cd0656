#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "verdict/backends/backend.h"
#include "verdict/graph/passes/passes.h"

namespace verdict::testing {

/// Reproducible numbers in [-1, 1).
class Numbers {
 public:
  explicit Numbers(std::uint32_t seed) : state_(seed * 2654435761u + 1) {}

  float next() {
    state_ = state_ * 1664525u + 1013904223u;
    return static_cast<float>(state_ >> 8) * 0x1p-23f - 1;
  }
  std::vector<float> take(std::size_t count) {
    std::vector<float> out(count);
    for (float& x : out) x = next();
    return out;
  }

 private:
  std::uint32_t state_;
};

/// A batch of sequences with these lengths, without holes.
inline graph::Batch batch_of(const std::vector<std::int32_t>& lengths) {
  graph::Batch batch;
  for (const std::int32_t length : lengths) {
    for (std::int32_t column = 0; column < length; ++column) batch.columns.push_back(column);
    batch.offsets.push_back(static_cast<std::int32_t>(batch.columns.size()));
    batch.width = std::max(batch.width, length);
  }
  return batch;
}

/// A value that holds these numbers, [segmentation, columns].
inline graph::Value constant_input(graph::Graph& graph, std::vector<float> values,
                                   std::int64_t columns,
                                   graph::SegmentationId rows = graph::Graph::kTokens) {
  auto prelude = [values = std::move(values)](const graph::Batch&, std::span<float> out) {
    std::copy_n(values.begin(), out.size(), out.begin());
  };
  return graph.apply(graph::FloatInputOp{"x", rows, columns, std::move(prelude)}, {});
}

/// The tokens' columns.
inline graph::Value positions_input(graph::Graph& graph) {
  return graph.apply(graph::InputOp{"positions", graph::Graph::kTokens, 1 << 20,
                                    [](const graph::Batch& batch, std::span<std::int32_t> out) {
                                      std::copy(batch.columns.begin(), batch.columns.end(),
                                                out.begin());
                                    }},
                     {});
}

/// A compiled graph whose parameters are random.
class GraphRunner {
 public:
  GraphRunner(const graph::Graph& graph, ComputeType type, int threads = 1)
      : backend_(create_xnnpack_backend(threads)), weights_(backend_->create_weights(graph, type)) {
    Numbers numbers(7);
    for (std::size_t i = 0; i < graph.parameters().size(); ++i) {
      std::size_t count = 1;
      for (const std::int64_t size : graph.parameters()[i].shape)
        count *= static_cast<std::size_t>(size);
      parameters.push_back(numbers.take(count));
      weights_->set(static_cast<graph::ParameterId>(i), parameters.back());
    }
    context_ = backend_->compile(graph, weights_, 0)->create_context(false);
  }

  std::vector<float> run(const graph::Batch& batch, std::size_t output = 0) {
    context_->run(batch);
    const auto values = context_->output(output);
    return {values.begin(), values.end()};
  }

  const Counters& counters() const { return context_->counters(); }
  void set(graph::ParameterId parameter, std::vector<float> values) {
    weights_->set(parameter, values);
    parameters[static_cast<std::size_t>(parameter)] = std::move(values);
  }

  const Weights& weights() const { return *weights_; }

  std::vector<std::vector<float>> parameters;

 private:
  std::shared_ptr<const Backend> backend_;
  std::shared_ptr<Weights> weights_;
  std::unique_ptr<Context> context_;
};

inline void expect_near(const std::vector<float>& actual, const std::vector<double>& expected,
                        double tolerance) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) {
    ASSERT_NEAR(actual[i], expected[i], tolerance * (1 + std::fabs(expected[i])))
        << "element " << i;
  }
}

}  // namespace verdict::testing

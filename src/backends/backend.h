#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "verdict/backends/quantization.h"
#include "verdict/base/dtype.h"
#include "verdict/base/tensor.h"
#include "verdict/graph/graph.h"

namespace verdict {

/// Work that the kernels of a run really did; each kernel adds what it executed.
struct Counters {
  std::int64_t float_multiplications = 0;  ///< multiply-adds in floating point
  std::int64_t int8_multiplications = 0;   ///< multiply-adds with int8 weights
  std::int64_t int16_multiplications = 0;  ///< multiply-adds of attention in int16
  std::int64_t padding_rows = 0;           ///< rows computed for tokens that the mask excludes

  friend bool operator==(const Counters&, const Counters&) = default;
  Counters& operator+=(const Counters& other) {
    float_multiplications += other.float_multiplications;
    int8_multiplications += other.int8_multiplications;
    int16_multiplications += other.int16_multiplications;
    padding_rows += other.padding_rows;
    return *this;
  }
};

/// The packed parameters of one model, shared by all of its plans. Filled once, then immutable.
class Weights {
 public:
  virtual ~Weights() = default;

  /// The kind of backend that packed them, for example "xnnpack"; only that can read them.
  virtual std::string_view kind() const = 0;

  /// Converts and packs one parameter; `values` is row-major float32 of the declared shape.
  virtual void set(graph::ParameterId parameter, std::span<const float> values) = 0;

  /// `set` of a weight of type kQ8 that is quantised already: integers from -127 to 127 of the
  /// declared shape, and the scales of its rows (see `quantized_rows`).
  virtual void set_quantized(graph::ParameterId parameter, const QuantizedRows& rows,
                             std::span<const std::int8_t> values,
                             std::span<const float> scales) = 0;

  /// The parameter as it was set, bit for bit, but that denormal weights of linear layers are zero.
  /// Throws `kUnsupported` for one that is stored as int8.
  virtual Tensor get(graph::ParameterId parameter) const = 0;

  /// Bytes that the parameter takes, packed.
  virtual std::int64_t packed_bytes(graph::ParameterId parameter) const = 0;

  /// How the parameter's values are stored.
  virtual DType storage(graph::ParameterId parameter) const = 0;
};

/// The buffers of one run at a time. One context belongs to one thread; a plan may have many.
class Context {
 public:
  virtual ~Context() = default;

  /// Runs the plan's graph over a batch. Throws `kInvalidArgument` for an id outside its table.
  virtual void run(const graph::Batch& batch) = 0;

  /// The plan's output `index` (order of `graph.outputs()`) of the last run: row-major float32,
  /// ragged.
  virtual std::span<const float> output(std::size_t index) const = 0;

  /// Work of the last run.
  virtual const Counters& counters() const = 0;

  /// Bytes of activations that the context holds.
  virtual std::int64_t arena_bytes() const = 0;
};

/// A graph made ready to run. Immutable; contexts keep it alive.
class Plan {
 public:
  virtual ~Plan() = default;
  virtual const graph::Graph& graph() const = 0;
  /// A context that runs on the backend's threads, or, `alone`, on the one that calls it.
  virtual std::unique_ptr<Context> create_context(bool alone) const = 0;
};

/// Executes graphs on one kind of device.
class Backend {
 public:
  virtual ~Backend() = default;

  /// For people and benchmarks, for example "xnnpack avx512 2 threads".
  virtual std::string description() const = 0;
  virtual int threads() const = 0;

  /// Calls task(item, thread) for every item below `items` on the backend's threads; returns when
  /// all are done. `thread` is below `threads()`. A task must not throw.
  using Task = std::function<void(std::size_t item, std::size_t thread)>;
  virtual void for_each(std::size_t items, const Task& task) const = 0;

  /// Tokens a thread from which on more of them gain nothing: models run larger batches in parts.
  virtual std::int64_t most_useful_tokens() const = 0;

  /// Room for the parameters of `graph`, stored as `type` asks. Throws `kUnsupported` for a type
  /// that it cannot do.
  virtual std::shared_ptr<Weights> create_weights(const graph::Graph& graph,
                                                  ComputeType type) const = 0;

  /// `graph` must be one that the passes made from the graph of `weights` (its parameter ids are
  /// the same). `seed` starts the generator of dropout, which only a training graph has.
  virtual std::shared_ptr<const Plan> compile(graph::Graph graph,
                                              std::shared_ptr<const Weights> weights,
                                              std::uint64_t seed) const = 0;
};

/// The CPU backend: XNNPACK's microkernels and our own, natively and in WebAssembly. `threads` ≥ 1;
/// 0 takes the number of cores. Throws `kInvalidArgument` for a negative number, `kUnsupported` for
/// several threads in a build without.
std::shared_ptr<const Backend> create_xnnpack_backend(int threads);

}  // namespace verdict

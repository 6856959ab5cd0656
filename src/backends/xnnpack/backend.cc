#include "verdict/backends/backend.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "verdict/backends/xnnpack/plan.h"
#include "verdict/base/error.h"
#include "verdict/base/strings.h"

namespace verdict {

namespace {

using xnnpack::XnnpackPlan;
using xnnpack::XnnpackWeights;

class XnnpackBackend final : public Backend {
 public:
  explicit XnnpackBackend(int threads)
      : machine_(std::make_shared<const xnnpack::Machine>(threads)),
        alone_(threads == 1 ? machine_ : std::make_shared<const xnnpack::Machine>(1)) {}

  std::string description() const override {
    return concat("xnnpack ", xnnpack::describe(machine_->choice), ", ", threads(),
                  threads() == 1 ? " thread" : " threads");
  }

  int threads() const override { return machine_->pool.threads(); }

  void for_each(std::size_t items, const Task& task) const override {
    machine_->pool.run(items, task);
  }

  // Activations of more would leave a core's second cache; see docs/performance.md.
  std::int64_t most_useful_tokens() const override { return 256; }

  std::shared_ptr<Weights> create_weights(const graph::Graph& graph,
                                          ComputeType type) const override {
    if (type == ComputeType::kBF16 && machine_->bf16 == nullptr) {
      throw Error(ErrorCode::kUnsupported,
                  concat("The dtype \"bf16\" needs a CPU with AVX-512; this machine runs ",
                         xnnpack::describe(machine_->choice), ". Use \"f32\" or \"q8\"."));
    }
    return std::make_shared<XnnpackWeights>(graph, type, machine_->choice);
  }

  std::shared_ptr<const Plan> compile(graph::Graph graph, std::shared_ptr<const Weights> weights,
                                      std::uint64_t seed) const override {
    if (weights->kind() != XnnpackWeights::kKind) {
      throw Error(ErrorCode::kInternal, "The weights belong to another backend.");
    }
    auto packed = std::static_pointer_cast<const XnnpackWeights>(std::move(weights));
    return std::make_shared<const XnnpackPlan>(std::move(graph), std::move(packed), machine_,
                                               alone_, seed);
  }

 private:
  std::shared_ptr<const xnnpack::Machine> machine_;
  std::shared_ptr<const xnnpack::Machine> alone_;
};

}  // namespace

std::shared_ptr<const Backend> create_xnnpack_backend(int threads) {
  if (threads < 0) {
    throw Error(ErrorCode::kInvalidArgument, concat("threads is ", threads,
                                                    "; a positive number, or 0 for one thread a "
                                                    "core, was expected."));
  }
  if (threads == 0)
    threads = VERDICT_HAS_THREADS
                  ? static_cast<int>(std::max(1u, std::thread::hardware_concurrency()))
                  : 1;
  return std::make_shared<XnnpackBackend>(threads);
}

}  // namespace verdict

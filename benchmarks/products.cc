// verdict_products [--write FILE]: GFLOP/s of the matrix products by number of rows, on one thread.
// --write puts the comparison of XNNPACK's products with our own, by which they are chosen, into
// src/backends/xnnpack/kernels/product_choice.inc. On AVX-512 the first line tells what the
// CPU can do at most: loops of nothing but independent multiplying instructions. Our kernels for
// AMX are in no table: they run wherever the CPU has it; the others are those of the set
// avx512vnni.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "verdict/backends/backend.h"
#include "verdict/backends/xnnpack/cpu.h"
#include "verdict/base/error.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace verdict {
namespace {

using graph::Graph;

/// The products of MiniLM-L6's feed-forward layers.
constexpr std::pair<std::int64_t, std::int64_t> kSizes[] = {{384, 1536}, {1536, 384}};

double seconds(const std::function<void()>& call) {
  const auto start = std::chrono::steady_clock::now();
  call();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

#if defined(__x86_64__)
constexpr int kSteps = 200000;
constexpr int kAccumulators = 16;

__attribute__((target("avx512f"))) float multiply_f32() {
  __m512 sums[kAccumulators];
  for (int i = 0; i < kAccumulators; ++i) sums[i] = _mm512_set1_ps(static_cast<float>(i));
  const __m512 x = _mm512_set1_ps(0.5f);
  for (int step = 0; step < kSteps; ++step) {
    for (__m512& sum : sums) sum = _mm512_fmadd_ps(sum, x, x);
  }
  for (int i = 1; i < kAccumulators; ++i) sums[0] = _mm512_add_ps(sums[0], sums[i]);
  alignas(64) float out[16];
  _mm512_store_ps(out, sums[0]);
  return out[0];
}

__attribute__((target("avx512f,avx512vnni"))) float multiply_int8() {
  __m512i sums[kAccumulators];
  for (int i = 0; i < kAccumulators; ++i) sums[i] = _mm512_set1_epi32(i);
  const __m512i x = _mm512_set1_epi8(3);
  for (int step = 0; step < kSteps; ++step) {
    for (__m512i& sum : sums) sum = _mm512_dpbusd_epi32(sum, x, x);
  }
  for (int i = 1; i < kAccumulators; ++i) sums[0] = _mm512_add_epi32(sums[0], sums[i]);
  alignas(64) std::int32_t out[16];
  _mm512_store_si512(out, sums[0]);
  return static_cast<float>(out[0]);
}

__attribute__((target("amx-tile,amx-int8"))) float multiply_amx() {
  struct alignas(64) {
    std::uint8_t palette = 1;
    std::uint8_t reserved[15] = {};
    std::uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
    std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
  } configuration;
  asm volatile("ldtilecfg %0" : : "m"(configuration));
  for (int step = 0; step < kSteps; ++step) {
    _tile_dpbusd(0, 4, 6);
    _tile_dpbusd(1, 4, 7);
    _tile_dpbusd(2, 5, 6);
    _tile_dpbusd(3, 5, 7);
  }
  _tile_release();
  return 0;
}

/// Prints what the units of multiplication can do: products of the loops above a second.
void print_limits() {
  if (xnnpack::detect_isa() < xnnpack::Isa::kAvx512) return;
  const auto limit = [](float (*loop)(), double operations) {
    double least = 1e9;
    float kept = 0;
    for (int run = 0; run < 10; ++run) least = std::min(least, seconds([&] { kept += loop(); }));
    return std::isnan(kept) ? 0 : operations * kSteps * kAccumulators / least / 1e9;
  };
  std::printf("limit f32 %.0f GFLOP/s", limit(multiply_f32, 32));
  if (xnnpack::detect_isa() >= xnnpack::Isa::kAvx512Vnni)
    std::printf(", int8 %.0f GOP/s", limit(multiply_int8, 128));
  // A step has 4 products of tiles; those of bfloat16 have half the operations.
  if (xnnpack::detect_isa() >= xnnpack::Isa::kAvx512Amx)
    std::printf(", AMX int8 %.0f GOP/s", limit(multiply_amx, 4.0 * 32768 / kAccumulators));
  std::printf("\n");
}
#else
void print_limits() {}
#endif

/// One linear layer, ready to run.
class Layer {
 public:
  Layer(const std::shared_ptr<const Backend>& backend, ComputeType type, std::int64_t in,
        std::int64_t out) {
    Graph graph;
    const auto weight = graph.parameter("w", {out, in}, graph::Initializer::zeros());
    const auto bias = graph.parameter("b", {out}, graph::Initializer::zeros());
    // Written once, into memory that nothing else of the plan uses: it would take longer than AMX.
    const auto write = [&](const graph::Batch&, std::span<float> values) {
      if (values.data() == written_) return;
      written_ = values.data();
      for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 17) - 8;
    };
    const auto x = graph.apply(graph::FloatInputOp{"x", Graph::kTokens, in, write}, {});
    graph.output("y",
                 graph.apply(graph::LinearOp{{{weight, bias, false, {}}}, std::nullopt, 1}, {x}));
    weights_ = backend->create_weights(graph, type);
    std::vector<float> values(static_cast<std::size_t>(in * out));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 13) - 6;
    weights_->set(weight, values);
    weights_->set(bias, std::vector<float>(static_cast<std::size_t>(out)));
    context_ = backend->compile(graph, weights_, 0)->create_context(false);
  }

  Layer(const Layer&) = delete;
  Layer& operator=(const Layer&) = delete;

  void run(const graph::Batch& batch) { context_->run(batch); }

 private:
  const float* written_ = nullptr;
  std::shared_ptr<Weights> weights_;
  std::unique_ptr<Context> context_;
};

graph::Batch rows_of(std::int32_t rows) {
  graph::Batch batch;
  for (std::int32_t i = 0; i < rows; ++i) batch.columns.push_back(i);
  batch.offsets.push_back(rows);
  batch.width = rows;
  return batch;
}

/// A kind of product: a backend and how it computes.
struct Kind {
  std::string name;
  std::shared_ptr<const Backend> backend;
  ComputeType type;
};

/// GFLOP/s of each kind: the least time of alternating runs, the geometric mean over the sizes.
std::vector<double> speeds(const std::vector<Kind>& kinds, std::int32_t rows) {
  const graph::Batch batch = rows_of(rows);
  std::vector<double> logarithms(kinds.size());
  for (const auto& [in, out] : kSizes) {
    std::list<Layer> layers;
    for (const Kind& kind : kinds) layers.emplace_back(kind.backend, kind.type, in, out);
    std::vector<double> least(kinds.size(), 1e9);
    const double operations = 2.0 * rows * static_cast<double>(in * out);
    // About 30 ms of each at 100 GFLOP/s.
    const int turns = std::max(5, static_cast<int>(3e9 / operations));
    for (int turn = 0; turn < turns; ++turn) {
      std::size_t i = 0;
      for (Layer& layer : layers) {
        least[i] = std::min(least[i], seconds([&] { layer.run(batch); }));
        ++i;
      }
    }
    for (std::size_t i = 0; i < kinds.size(); ++i)
      logarithms[i] += std::log(operations / least[i] / 1e9) / std::size(kSizes);
  }
  for (double& value : logarithms) value = std::exp(value);
  return logarithms;
}

std::shared_ptr<const Backend> backend_with(const char* kernels) {
  setenv("VERDICT_KERNELS", kernels, 1);
  auto backend = create_xnnpack_backend(1);
  unsetenv("VERDICT_KERNELS");
  return backend;
}

int measure(const std::string& file) {
  const xnnpack::Isa isa = xnnpack::detect_isa();
  const bool has_amx = isa >= xnnpack::Isa::kAvx512Amx;
  const auto own = backend_with(has_amx ? "avx512vnni,own" : "own");
  std::vector<Kind> kinds{{"XNNPACK f32", backend_with("xnnpack"), ComputeType::kF32},
                          {"own f32", own, ComputeType::kF32},
                          {"XNNPACK q8", backend_with("xnnpack"), ComputeType::kQ8},
                          {"own q8", own, ComputeType::kQ8}};
  if (file.empty()) {
    try {
      own->create_weights(Graph(), ComputeType::kBF16);
      kinds.push_back({"bf16", own, ComputeType::kBF16});
    } catch (const Error&) {
      // This CPU has no products of bfloat16.
    }
    if (has_amx) {
      kinds.push_back({"AMX q8", create_xnnpack_backend(1), ComputeType::kQ8});
      kinds.push_back({"AMX bf16", create_xnnpack_backend(1), ComputeType::kBF16});
    }
  } else if (isa < xnnpack::Isa::kAvx512Vnni) {
    std::cerr << "Only AVX-512 with VNNI has all products of our own to compare; this CPU is "
              << xnnpack::isa_name(isa) << ".\n";
    return 1;
  }
  std::vector<std::int32_t> rows;
  for (std::int32_t i = 1; i <= 33; ++i) rows.push_back(i);
  for (const std::int32_t more : {48, 64, 128, 512}) rows.push_back(more);

  print_limits();
  std::string table;
  std::printf("rows");
  for (const Kind& kind : kinds) std::printf("\t%s", kind.name.c_str());
  std::printf("\n");
  for (const std::int32_t count : rows) {
    const std::vector<double> found = speeds(kinds, count);
    std::printf("%d", count);
    for (const double speed : found) std::printf("\t%.1f", speed);
    std::printf("\n");
    char line[80];
    std::snprintf(line, sizeof(line), "{%d, %.1f, %.1f, %.1f, %.1f},\n", count, found[0], found[1],
                  found[2], found[3]);
    table += line;
  }
  if (file.empty()) return 0;
  std::ofstream out(file);
  out << "// Written by build/native/bin/verdict_products --write. XNNPACK's 7×32 kernel and our "
         "8×32\n"
         "// one, one thread, 384×1536 and 1536×384 (geometric mean).\n"
      << table;
  return out.flush() ? 0 : 1;
}

}  // namespace
}  // namespace verdict

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.empty()) return verdict::measure("");
  if (arguments.size() == 2 && arguments[0] == "--write") return verdict::measure(arguments[1]);
  std::cerr << "Usage: verdict_products [--write FILE]\n";
  return 2;
}

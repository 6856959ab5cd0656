// The products against plain loops: every number of rows around the kernels' own, odd sizes, parts
// of stored weights, groups, threads.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <span>

#include "support/graph_runner.h"
#include "support/machine.h"
#include "verdict/backends/xnnpack/cpu.h"
#include "verdict/backends/xnnpack/kernels/bf16.h"
#include "verdict/backends/xnnpack/kernels/packed_rows.h"
#include "verdict/backends/xnnpack/kernels/product_amx.h"
#include "verdict/backends/xnnpack/kernels/product_avx512vnni.h"
#include "verdict/backends/xnnpack/kernels/quantized_rows.h"
#include "verdict/backends/xnnpack/packing.h"
#include "xnnpack/microparams.h"

namespace verdict::testing {
namespace {

using graph::Graph;
using graph::Initializer;
using graph::LinearOp;
using graph::LinearPart;
using graph::Value;

/// y = x · wᵀ + b with w(out, in) given by a function.
template <typename Weight, typename Bias>
std::vector<double> product(const std::vector<float>& x, std::size_t rows, std::size_t in,
                            std::size_t out, Weight weight, Bias bias) {
  std::vector<double> y;
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t o = 0; o < out; ++o) {
      double sum = bias(o);
      for (std::size_t i = 0; i < in; ++i) sum += double{x[row * in + i]} * weight(o, i);
      y.push_back(sum);
    }
  }
  return y;
}

struct Sizes {
  std::int64_t in;
  std::int64_t out;
};

class Linear : public ::testing::TestWithParam<Sizes> {};

void expect_linear(ComputeType type, const Sizes& sizes, std::size_t rows, int threads,
                   double tolerance) {
  const auto in = static_cast<std::size_t>(sizes.in);
  const auto out = static_cast<std::size_t>(sizes.out);
  Graph graph;
  Numbers numbers(static_cast<std::uint32_t>(rows));
  const auto x = numbers.take(rows * in);
  const auto weight = graph.parameter("w", {sizes.out, sizes.in}, Initializer::zeros());
  const auto bias = graph.parameter("b", {sizes.out}, Initializer::zeros());
  const Value input = constant_input(graph, x, sizes.in);
  graph.output(
      "y", graph.apply(LinearOp{{LinearPart{weight, bias, false, {}}}, std::nullopt, 1}, {input}));
  GraphRunner runner(graph, type, threads);
  const auto expected = product(
      x, rows, in, out,
      [&](std::size_t o, std::size_t i) { return runner.parameters[0][o * in + i]; },
      [&](std::size_t o) { return runner.parameters[1][o]; });
  // Errors of products add up like a random walk.
  expect_near(runner.run(batch_of({static_cast<std::int32_t>(rows)})), expected,
              tolerance * std::sqrt(static_cast<double>(in)));
  const auto count = static_cast<std::int64_t>(rows * in * out);
  EXPECT_EQ(type == ComputeType::kQ8 ? runner.counters().int8_multiplications
                                     : runner.counters().float_multiplications,
            count);
}

/// Seven bits are coarser than eight.
double q8_tolerance([[maybe_unused]] std::int64_t in) {
#if defined(__wasm_relaxed_simd__)
  if (static_cast<std::size_t>(in) >= xnnpack::kLeastSevenBitInputs) return 2e-2;
#endif
  return 1e-2;
}

TEST_P(Linear, EveryNumberOfRows) {
  // Around what one call of AVX-512's or AMX's kernels computes.
  std::vector<std::size_t> all{63, 64, 65, 127, 128, 129, 256, 257};
  for (std::size_t rows = 1; rows <= 33; ++rows) all.push_back(rows);
  for (const std::size_t rows : all) {
    SCOPED_TRACE(rows);
    expect_linear(ComputeType::kF32, GetParam(), rows, 1, 2e-6);
    expect_linear(ComputeType::kQ8, GetParam(), rows, 1, q8_tolerance(GetParam().in));
    if (has_bf16()) expect_linear(ComputeType::kBF16, GetParam(), rows, 1, 4e-3);
  }
}

INSTANTIATE_TEST_SUITE_P(Products, Linear,
                         ::testing::Values(Sizes{1, 1}, Sizes{7, 3}, Sizes{33, 65}, Sizes{64, 32},
                                           Sizes{129, 17}, Sizes{257, 9}, Sizes{262, 12}),
                         [](const auto& sizes) {
                           return std::to_string(sizes.param.in) + "x" +
                                  std::to_string(sizes.param.out);
                         });

/// More input than a core's second cache should hold is computed in blocks of rows.
TEST(Linear, ManyRowsInBlocks) {
  for (const std::size_t rows : {399u, 1001u}) {
    expect_linear(ComputeType::kF32, {700, 9}, rows, 1, 2e-6);
    expect_linear(ComputeType::kQ8, {700, 9}, rows, 1, q8_tolerance(700));
    if (has_bf16()) expect_linear(ComputeType::kBF16, {700, 9}, rows, 1, 4e-3);
  }
}

/// The largest sums of int8 that the bound on inputs allows, of both signs.
TEST(Linear, Int8SumsDoNotOverflow) {
  constexpr std::size_t kIn = xnnpack::kMostQ8Inputs;
  constexpr std::size_t kRows = 9;
  Graph graph;
  std::vector<float> x(kRows * kIn, 1);
  for (std::size_t row = 1; row < kRows; row += 2)
    std::ranges::fill(std::span(x).subspan(row * kIn, kIn), -1.0f);
  constexpr auto kInputs = static_cast<std::int64_t>(kIn);
  const auto weight = graph.parameter("w", {2, kInputs}, Initializer::zeros());
  graph.output("y", graph.apply(LinearOp{{LinearPart{weight, std::nullopt, false, {}}}, {}, 1},
                                {constant_input(graph, x, kInputs)}));
  GraphRunner runner(graph, ComputeType::kQ8);
  std::vector<float> extremes(2 * kIn, 1);
  std::ranges::fill(std::span(extremes).subspan(kIn), -1.0f);
  runner.set(weight, std::move(extremes));
  const auto y = runner.run(batch_of({kRows}));
  constexpr auto kSum = static_cast<double>(kIn);
  for (std::size_t row = 0; row < kRows; ++row) {
    const double expected = row % 2 == 0 ? kSum : -kSum;
    EXPECT_NEAR(double{y[2 * row]}, expected, 1e-4 * kSum);
    EXPECT_NEAR(double{y[2 * row + 1]}, -expected, 1e-4 * kSum);
  }
}

TEST(Linear, ThreadsChangeNothing) {
  if (!VERDICT_HAS_THREADS) {
    EXPECT_ANY_THROW(create_xnnpack_backend(2));
    return;
  }
  for (const std::size_t rows : {1u, 5u, 64u, 200u}) {
    expect_linear(ComputeType::kF32, {40, 50}, rows, 3, 2e-6);
    expect_linear(ComputeType::kQ8, {40, 50}, rows, 3, 1e-2);
  }
}

/// What is not finite makes its own row not finite, whichever column it is in, and no other.
TEST(Linear, WhatIsNotFiniteStaysInItsRow) {
  constexpr std::int64_t kIn = 301;
  constexpr std::int64_t kOut = 5;
  constexpr std::size_t kRows = 9;
  const auto run = [](ComputeType type, const std::vector<float>& x) {
    Graph graph;
    const auto weight = graph.parameter("w", {kOut, kIn}, Initializer::zeros());
    const Value input = constant_input(graph, x, kIn);
    graph.output(
        "y", graph.apply(LinearOp{{LinearPart{weight, std::nullopt, false, {}}}, std::nullopt, 1},
                         {input}));
    return GraphRunner(graph, type).run(batch_of({static_cast<std::int32_t>(kRows)}));
  };
  std::vector<ComputeType> types{ComputeType::kF32, ComputeType::kQ8};
  if (has_bf16()) types.push_back(ComputeType::kBF16);
  const auto x = Numbers(1).take(kRows * kIn);
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  for (const ComputeType type : types) {
    const auto expected = run(type, x);
    for (const float broken : {std::nanf(""), kInfinity, -kInfinity}) {
      for (const std::size_t row : {0u, 4u, 8u}) {
        for (const std::size_t column : {0u, 17u, 100u, 255u, 300u}) {
          auto changed = x;
          changed[row * kIn + column] = broken;
          const auto y = run(type, changed);
          for (std::size_t i = 0; i < y.size(); ++i) {
            if (i / kOut == row) {
              EXPECT_FALSE(std::isfinite(y[i])) << compute_type_name(type) << " " << i;
            } else {
              EXPECT_EQ(y[i], expected[i]) << compute_type_name(type) << " " << i;
            }
          }
        }
      }
    }
  }
}

/// In a row of the input, in a weight's column or as a bias; nowhere else, and as no other number.
TEST(Linear, NanStaysNan) {
  constexpr std::int64_t kIn = 301;
  constexpr std::int64_t kOut = 37;
  constexpr std::size_t kRow = 4;
  constexpr std::size_t kColumn = 35;
  std::vector<ComputeType> types{ComputeType::kF32, ComputeType::kQ8};
  if (has_bf16()) types.push_back(ComputeType::kBF16);
  for (const ComputeType type : types) {
    for (const std::size_t rows : {5u, 12u, 1u}) {
      const std::size_t row = std::min(kRow, rows - 1);
      for (const std::string broken : {"input", "weight", "bias"}) {
        Graph graph;
        auto x = Numbers(1).take(rows * kIn);
        if (broken == "input") x[row * kIn + 100] = std::nanf("");
        const auto weight = graph.parameter("w", {kOut, kIn}, Initializer::zeros());
        const auto bias = graph.parameter("b", {kOut}, Initializer::zeros());
        graph.output("y", graph.apply(LinearOp{{LinearPart{weight, bias, false, {}}}, {}, 1},
                                      {constant_input(graph, x, kIn)}));
        GraphRunner runner(graph, type);
        auto weights = runner.parameters[0];
        auto biases = runner.parameters[1];
        if (broken == "weight") weights[kColumn * kIn + 200] = std::nanf("");
        if (broken == "bias") biases[kColumn] = std::nanf("");
        runner.set(weight, std::move(weights));
        runner.set(bias, std::move(biases));
        const auto y = runner.run(batch_of({static_cast<std::int32_t>(rows)}));
        for (std::size_t i = 0; i < y.size(); ++i) {
          const bool expected = broken == "input" ? i / kOut == row : i % kOut == kColumn;
          ASSERT_EQ(std::isnan(y[i]), expected) << compute_type_name(type) << ", " << broken << ", "
                                                << rows << " rows, " << i << ": " << y[i];
          ASSERT_TRUE(expected || std::isfinite(y[i]));
        }
      }
    }
  }
}

/// In every build and on any number of threads.
TEST(Linear, DenormalsAreZeros) {
  constexpr std::int64_t kIn = 40;
  constexpr std::int64_t kOut = 3;
  const auto run = [](ComputeType type, int threads, float weight, float x) {
    Graph graph;
    const auto parameter = graph.parameter("w", {kOut, kIn}, Initializer::zeros());
    const Value input = constant_input(graph, std::vector<float>(8 * kIn, x), kIn);
    graph.output(
        "y",
        graph.apply(LinearOp{{LinearPart{parameter, std::nullopt, false, {}}}, std::nullopt, 1},
                    {input}));
    GraphRunner runner(graph, type, threads);
    runner.set(0, std::vector<float>(kOut * kIn, weight));
    return runner.run(batch_of({8}));
  };
  constexpr float kDenormal = 1e-39f;
  for (const int threads : {1, VERDICT_HAS_THREADS ? 2 : 1}) {
    // What a denormal weight makes of a large number would be seen.
    for (const float y : run(ComputeType::kF32, threads, kDenormal, 1e30f)) EXPECT_EQ(y, 0);
    for (const float y : run(ComputeType::kQ8, threads, kDenormal, 1e30f)) EXPECT_EQ(y, 0);
    for (const float y : run(ComputeType::kQ8, threads, 1e30f, kDenormal)) EXPECT_EQ(y, 0);
  }
}

/// Three projections stored head by head, transposed, give the rows that they say.
TEST(Linear, ReadsPartsOfAStoredWeight) {
  constexpr std::size_t kIn = 6, kHeads = 3, kSize = 4, kParts = 3;
  for (const bool transposed : {false, true}) {
    Graph graph;
    Numbers numbers(3);
    const auto x = numbers.take(5 * kIn);
    constexpr std::int64_t kOut = kParts * kHeads * kSize;
    const auto weight = graph.parameter(
        "w",
        transposed ? std::vector<std::int64_t>{kIn, kOut} : std::vector<std::int64_t>{kOut, kIn},
        Initializer::zeros());
    const auto bias = graph.parameter("b", {kOut}, Initializer::zeros());
    const Value input = constant_input(graph, x, kIn);
    LinearOp op;
    for (std::size_t part = 0; part < kParts; ++part) {
      LinearPart p{weight, bias, transposed, {}};
      p.rows = {static_cast<std::int64_t>(part * kSize), kHeads * kSize, kSize, kParts * kSize};
      op.parts.push_back(p);
    }
    const auto outputs = graph.add(op, {input});
    for (std::size_t part = 0; part < kParts; ++part) graph.output("y", outputs[part]);
    GraphRunner runner(graph, ComputeType::kF32);
    for (std::size_t part = 0; part < kParts; ++part) {
      const auto stored = [&](std::size_t o) {
        return (o / kSize * kParts + part) * kSize + o % kSize;
      };
      const auto expected = product(
          x, 5, kIn, kHeads * kSize,
          [&](std::size_t o, std::size_t i) {
            return runner.parameters[0][transposed ? i * kOut + stored(o) : stored(o) * kIn + i];
          },
          [&](std::size_t o) { return runner.parameters[1][stored(o)]; });
      expect_near(runner.run(batch_of({2, 3}), part), expected, 1e-5);
    }
    // What was packed in parts comes back whole.
    for (std::size_t i = 0; i < 2; ++i) {
      const Tensor tensor = runner.weights().get(static_cast<graph::ParameterId>(i));
      EXPECT_EQ(std::vector<float>(tensor.f32().begin(), tensor.f32().end()), runner.parameters[i]);
    }
  }
}

TEST(Linear, GroupsDoNotMeet) {
  constexpr std::size_t kGroups = 3, kIn = 4, kOut = 5;
  Graph graph;
  Numbers numbers(4);
  const auto x = numbers.take(7 * kGroups * kIn);
  const auto weight = graph.parameter("w", {kGroups * kOut, kIn, 1}, Initializer::zeros());
  const auto bias = graph.parameter("b", {kGroups * kOut}, Initializer::zeros());
  const Value input = constant_input(graph, x, kGroups * kIn);
  graph.output(
      "y",
      graph.apply(LinearOp{{LinearPart{weight, bias, false, {}}}, std::nullopt, kGroups}, {input}));
  GraphRunner runner(graph, ComputeType::kF32);
  const auto expected = product(
      x, 7, kGroups * kIn, kGroups * kOut,
      [&](std::size_t o, std::size_t i) {
        return o / kOut == i / kIn ? runner.parameters[0][o * kIn + i % kIn] : 0.0f;
      },
      [&](std::size_t o) { return runner.parameters[1][o]; });
  expect_near(runner.run(batch_of({7})), expected, 1e-5);
}

TEST(Convolution, SeesNeighboursOfItsOwnSequenceOnly) {
  constexpr std::int64_t kIn = 6, kKernel = 3;
  for (const std::int64_t groups : {1, 2, 6}) {
    Graph graph;
    Numbers numbers(5);
    const std::vector<std::int32_t> lengths{4, 1, 6};
    const auto x = numbers.take(11 * kIn);
    graph::ConvolutionOp op{};
    op.weight = graph.parameter("w", {kIn, kIn / groups, kKernel}, Initializer::zeros());
    op.bias = graph.parameter("b", {kIn}, Initializer::zeros());
    op.groups = groups;
    op.left = 1;
    graph.output("y", graph.apply(op, {constant_input(graph, x, kIn)}));
    GraphRunner runner(graph, ComputeType::kF32);
    std::vector<double> expected;
    std::int64_t first = 0;
    const std::int64_t per_group = kIn / groups;
    for (const std::int32_t length : lengths) {
      for (std::int64_t t = 0; t < length; ++t) {
        for (std::int64_t o = 0; o < kIn; ++o) {
          double sum = runner.parameters[1][static_cast<std::size_t>(o)];
          for (std::int64_t i = 0; i < per_group; ++i) {
            for (std::int64_t j = 0; j < kKernel; ++j) {
              const std::int64_t from = t + j - op.left;
              if (from < 0 || from >= length) continue;
              const std::int64_t column = o / per_group * per_group + i;
              sum += double{runner.parameters[0][static_cast<std::size_t>(
                         (o * per_group + i) * kKernel + j)]} *
                     x[static_cast<std::size_t>((first + from) * kIn + column)];
            }
          }
          expected.push_back(sum);
        }
      }
      first += length;
    }
    expect_near(runner.run(batch_of(lengths)), expected, 1e-5);
    const Tensor tensor = runner.weights().get(op.weight);
    EXPECT_EQ(std::vector<float>(tensor.f32().begin(), tensor.f32().end()), runner.parameters[0]);
  }
}

/// Kernels that several columns share, columns that fill no vector, taps beyond both ends at once.
TEST(Convolution, DepthwiseEqualsPlainLoops) {
  struct Case {
    std::int64_t columns;
    std::int64_t repeat;
    std::int64_t kernel;
    std::int64_t left;
  };
  const std::vector<std::int32_t> lengths{1, 3, 40};
  for (const auto& [columns, repeat, kernel, left] :
       {Case{1, 1, 1, 0}, Case{150, 1, 9, 4}, Case{66, 22, 65, 32}, Case{7, 7, 4, 0}}) {
    Graph graph;
    const auto x = Numbers(5).take(static_cast<std::size_t>(44 * columns));
    graph::ConvolutionOp op{};
    op.weight = graph.parameter("w", {columns / repeat, 1, kernel}, Initializer::zeros());
    if (columns > 1) op.bias = graph.parameter("b", {columns / repeat}, Initializer::zeros());
    op.groups = columns / repeat;
    op.left = left;
    op.repeat = repeat;
    graph.output("y", graph.apply(op, {constant_input(graph, x, columns)}));
    GraphRunner runner(graph, ComputeType::kQ8, VERDICT_HAS_THREADS ? 2 : 1);
    std::vector<double> expected;
    std::int64_t first = 0;
    for (const std::int32_t length : lengths) {
      for (std::int64_t t = 0; t < length; ++t) {
        for (std::int64_t column = 0; column < columns; ++column) {
          const auto group = static_cast<std::size_t>(column / repeat);
          double sum = op.bias ? runner.parameters[1][group] : 0;
          for (std::int64_t tap = 0; tap < kernel; ++tap) {
            const std::int64_t from = t + tap - left;
            if (from < 0 || from >= length) continue;
            sum += double{runner.parameters[0][group * static_cast<std::size_t>(kernel) +
                                               static_cast<std::size_t>(tap)]} *
                   x[static_cast<std::size_t>((first + from) * columns + column)];
          }
          expected.push_back(sum);
        }
      }
      first += length;
    }
    expect_near(runner.run(batch_of(lengths)), expected, 1e-5);
  }
}

#if defined(__x86_64__)
/// Every kernel that this CPU can run, not only the one that it is given.
TEST(BF16, EveryKernelOfEveryNumberOfRows) {
  std::vector<const xnnpack::BF16Kernels*> all;
  if (xnnpack::detect_isa() >= xnnpack::Isa::kAvx512)
    all.push_back(&xnnpack::avx512_bf16_kernels());
  if (__builtin_cpu_supports("avx512bf16")) all.push_back(&xnnpack::avx512bf16_kernels());
  if (xnnpack::detect_isa() >= xnnpack::Isa::kAvx512Amx)
    all.push_back(&xnnpack::amx_bf16_kernels());
  constexpr std::size_t kPadded = xnnpack::BF16Kernels::kPaddedInputs;
  for (const std::size_t in : {1u, 2u, 35u, 64u, 700u}) {
    for (const std::size_t out : {5u, 32u}) {
      Numbers numbers(static_cast<std::uint32_t>(in + out));
      const std::vector<float> weight = numbers.take(out * in);
      const std::vector<float> bias = numbers.take(out);
      xnnpack::WeightMemory memory;
      xnnpack::PackedBF16 packed(out, in, memory);
      packed.set_weight(weight);
      packed.set_bias(bias);
      for (const xnnpack::BF16Kernels* kernels : all) {
        const std::size_t most = kernels->mr * std::min<std::size_t>(kernels->blocks, 2) + 1;
        for (std::size_t rows = 1; rows <= std::min(most, kernels->mr * kernels->blocks); ++rows) {
          const std::vector<float> x = numbers.take(rows * in);
          const auto* input = reinterpret_cast<const std::byte*>(x.data());
          std::size_t stride = in * sizeof(float);
          const std::size_t padded = xnnpack::round_up(in, kPadded);
          std::vector<std::uint16_t> converted(rows * padded);
          if (kernels->convert != nullptr) {
            for (std::size_t row = 0; row < rows; ++row)
              kernels->convert(in, x.data() + row * in, converted.data() + row * padded);
            input = reinterpret_cast<const std::byte*>(converted.data());
            stride = padded * sizeof(std::uint16_t);
          }
          std::vector<float> y(rows * out);
          kernels->product(in, rows, out, input, stride, packed.panel(0), y.data(), out);
          const auto expected = product(
              x, rows, in, out, [&](std::size_t o, std::size_t i) { return weight[o * in + i]; },
              [&](std::size_t o) { return bias[o]; });
          expect_near(y, expected, 4e-3 * std::sqrt(static_cast<double>(in)));
        }
      }
    }
  }
}

/// AMX's sums are the same integers as VNNI's: in every number of rows and columns, for rows that
/// end anywhere in a tile or in a chunk of tiles, and for the largest numbers.
TEST(Int8, AmxGivesTheBitsOfVnni) {
  if (xnnpack::detect_isa() < xnnpack::Isa::kAvx512Amx)
    GTEST_SKIP() << "This CPU has no AMX, or the system does not let this process use it.";
  constexpr std::size_t kMost = xnnpack::kMostAmxRows;
  for (const std::size_t in : std::initializer_list<std::size_t>{1, 4, 63, 64, 65, 250, 768, 1283,
                                                                 xnnpack::kMostQ8Inputs}) {
    const bool is_largest = in > 2000;
    Numbers numbers(static_cast<std::uint32_t>(in));
    xnnpack::WeightMemory memory;
    xnnpack::PackedQ8 packed({32, 4, 1}, 32, in, memory);
    std::vector<float> weight = numbers.take(32 * in);
    for (std::size_t i = 0; is_largest && i < weight.size(); ++i)
      weight[i] = i / in % 2 == 0 ? 1.0f : -1.0f;
    packed.set_weight(weight);
    packed.set_bias(numbers.take(32));
    const std::size_t stride = xnnpack::round_up(in, 64);
    std::vector<std::int8_t> x(kMost * stride);
    std::vector<xnn_qd8_quantization_params> quantization(kMost);
    for (std::size_t row = 0; row < kMost; ++row) {
      const std::vector<float> values = numbers.take(in + 2);
      for (std::size_t i = 0; i < in; ++i) {
        const float value = is_largest ? 255.0f : std::abs(values[i]) * 997;
        x[row * stride + i] = static_cast<std::int8_t>(static_cast<int>(value) & 255);
      }
      quantization[row] = {static_cast<int>(std::abs(values[in]) * 997) & 255, values[in + 1]};
    }
    for (std::size_t rows = 1; rows <= kMost; rows += is_largest || rows > 65 ? 31 : 1) {
      const std::size_t columns = 1 + (rows * 7 + in) % 32;
      std::vector<float> expected(rows * 32, -1);
      std::vector<float> y(rows * 32, -1);
      for (std::size_t row = 0; row < rows; row += 8) {
        xnnpack::product_8x32c4_avx512vnni(std::min<std::size_t>(8, rows - row), columns, in,
                                           x.data() + row * stride, stride, packed.panel(0),
                                           expected.data() + row * 32, 32 * sizeof(float), 0,
                                           nullptr, quantization.data() + row);
      }
      xnnpack::product_amx(rows, columns, in, x.data(), stride, packed.panel(0), y.data(),
                           32 * sizeof(float), 0, nullptr, quantization.data());
      ASSERT_EQ(y, expected) << in << " inputs, " << rows << " rows, " << columns << " columns";
    }
  }
}
#endif

double squared_error(const std::vector<float>& values, const std::vector<std::int8_t>& integers,
                     double scale) {
  double total = 0;
  for (std::size_t i = 0; i < values.size(); ++i)
    total += std::pow(double{values[i]} - scale * integers[i], 2);
  return total;
}

TEST(Int8Weights, HaveTheScaleOfTheLeastSquaredError) {
  for (const std::size_t size : {1u, 5u, 32u, 768u}) {
    const std::vector<float> values = Numbers(static_cast<std::uint32_t>(size)).take(size);
    std::vector<std::int8_t> integers(size);
    const double scale = double{xnnpack::quantize_symmetric(values, integers)};
    const auto [low, high] = std::ranges::minmax(integers);
    EXPECT_EQ(std::max<int>(-low, high), 127);
    for (std::size_t i = 0; i < size; ++i)
      EXPECT_NEAR(double{values[i]}, scale * integers[i], 0.6 * scale);
    const double error = squared_error(values, integers, scale);
    for (const double other : {0.999, 1.001})
      EXPECT_LT(error, squared_error(values, integers, other * scale)) << size;
  }
}

TEST(Int8Weights, NarrowToSevenBits) {
  const std::vector<float> values = Numbers(8).take(200);
  std::vector<std::int8_t> integers(values.size());
  const float scale = xnnpack::quantize_symmetric(values, integers);
  std::vector<std::int8_t> narrow = integers;
  const double narrow_scale = double{xnnpack::narrow_symmetric(narrow, scale, 63)};
  const auto [low, high] = std::ranges::minmax(narrow);
  EXPECT_EQ(std::max<int>(-low, high), 63);
  for (std::size_t i = 0; i < values.size(); ++i)
    EXPECT_NEAR(double{scale} * integers[i], narrow_scale * narrow[i], 0.6 * narrow_scale);
  std::vector<std::int8_t> zeros(3);
  EXPECT_EQ(xnnpack::narrow_symmetric(zeros, 0, 63), 0);
  std::vector<std::int8_t> opposite{-127, 127, -1, 1, -64, 64};
  xnnpack::narrow_symmetric(opposite, 1, 63);
  EXPECT_EQ(opposite, (std::vector<std::int8_t>{-63, 63, 0, 0, -32, 32}));
}

/// The semantics that engines may choose for relaxed dot products, in plain arithmetic.
std::int32_t relaxed_dot(std::int32_t w0, std::int32_t w1, std::int32_t x0, std::int32_t x1,
                         bool x_is_unsigned, bool saturates) {
  if (!x_is_unsigned) {
    x0 = static_cast<std::int8_t>(x0);
    x1 = static_cast<std::int8_t>(x1);
  }
  const std::int32_t sum = w0 * x0 + w1 * x1;
  return saturates ? std::clamp<std::int32_t>(sum, INT16_MIN, INT16_MAX)
                   : static_cast<std::int16_t>(sum);
}

TEST(SevenBit, EveryEngineGivesTheSameSums) {
  constexpr std::int32_t kWeight = xnnpack::SevenBit::kLargestWeight;
  constexpr std::int32_t kInput = xnnpack::SevenBit::kLargestInput;
  bool differs_beyond = false;
  for (const bool x_is_unsigned : {false, true}) {
    for (const bool saturates : {false, true}) {
      for (const std::int32_t w0 : {-kWeight, -1, 0, kWeight}) {
        for (const std::int32_t w1 : {-kWeight, 0, 1, kWeight}) {
          for (const std::int32_t x : {0, 1, kInput}) {
            // Two results are added in int16 before they are widened.
            const std::int32_t dot = relaxed_dot(w0, w1, x, kInput, x_is_unsigned, saturates);
            EXPECT_EQ(dot, w0 * x + w1 * kInput);
            EXPECT_EQ(static_cast<std::int16_t>(2 * dot), 2 * dot);
            // So sums of four that are made of such pairs are those that are made at once.
          }
        }
      }
      // One bit more on either side, and engines differ: the bound is not an accident.
      differs_beyond |= relaxed_dot(127, 127, 255, 255, x_is_unsigned, saturates) != 2 * 127 * 255;
    }
  }
  EXPECT_TRUE(differs_beyond);
}

#if defined(__wasm_relaxed_simd__)
/// Whichever dot product suits the engine, the results are the same to the last bit.
TEST(SevenBit, BothDotProductsGiveTheSameResults) {
  using xnnpack::Dot;
  using xnnpack::PackedRowsKernels;
  constexpr std::size_t kColumns = PackedRowsKernels::kColumns;
  for (const std::size_t n : {1u, 4u, 259u, 512u}) {
    const std::size_t groups = (n + 3) / 4;
    std::vector<std::byte> panel(12 * kColumns + groups * 4 * kColumns);
    std::vector<std::int32_t> corrections(kColumns);
    auto* weights = reinterpret_cast<std::int8_t*>(panel.data()) + 4 * kColumns;
    for (std::size_t i = 0; i < groups * 4 * kColumns; ++i) {
      // The largest ones in a column of their own, zero behind the row's end.
      const std::size_t column = i / 4 % kColumns;
      if (i / (4 * kColumns) * 4 + i % 4 >= n) continue;
      weights[i] = static_cast<std::int8_t>(column < 2 ? 63 - 126 * static_cast<int>(column)
                                                       : static_cast<int>(i * 37 % 127) - 63);
      corrections[column] -= weights[i];
    }
    std::memcpy(panel.data(), corrections.data(), 4 * kColumns);
    const std::vector<float> scales(2 * kColumns, 0.01f);
    std::memcpy(panel.data() + panel.size() - 8 * kColumns, scales.data(), 8 * kColumns);
    for (std::size_t rows = 1; rows <= 6; ++rows) {
      const std::vector<float> x = Numbers(static_cast<std::uint32_t>(rows)).take(rows * n);
      const auto results = [&](Dot dot) {
        const xnnpack::QuantizedRowsKernels& kernels = xnnpack::seven_bit_kernels(dot);
        std::vector<float> y(rows * kColumns);
        for (std::size_t row = 0; row < rows;) {
          const std::size_t block = xnnpack::rows_of_block(rows - row, kernels.most_rows);
          std::vector<std::byte> packed(6 * 4 * groups);
          std::array<xnnpack::RowQuantization, 6> quantization;
          kernels.quantize(n, block, x.data() + row * n, n, packed.data(), quantization.data());
          kernels.product(n, block, kColumns, packed.data(), quantization.data(), panel.data(),
                          nullptr, y.data() + row * kColumns, kColumns);
          row += block;
        }
        return y;
      };
      EXPECT_EQ(results(Dot::kPairs), results(Dot::kFours)) << rows << " rows of " << n;
    }
  }
}
#endif

TEST(PackedRows, BlocksLeaveFewRowsEmpty) {
  using xnnpack::PackedRowsKernels;
  for (const std::size_t most : {PackedRowsKernels::kLowRows, PackedRowsKernels::kTallRows}) {
    for (std::size_t rows = 1; rows <= 100; ++rows) {
      std::size_t height = 0;
      for (std::size_t left = rows; left > 0;) {
        const std::size_t block = xnnpack::rows_of_block(left, most);
        ASSERT_TRUE(block > 0 && block <= std::min(left, most)) << left;
        height += block > PackedRowsKernels::kLowRows ? most : PackedRowsKernels::kLowRows;
        left -= block;
      }
      EXPECT_LE(height, (rows + 3) / 4 * 4);
      const bool fits = rows % 4 == 0 || (most == 6 && rows >= 8 && rows % 2 == 0);
      EXPECT_TRUE(!fits || height == rows) << rows;
    }
  }
}

TEST(Int8Weights, ThatAreZeroOrNotFiniteStaySo) {
  std::vector<std::int8_t> integers(2, 1);
  for (const float tiny : {0.0f, 1e-42f}) {
    EXPECT_EQ(xnnpack::quantize_symmetric(std::vector<float>{-tiny, tiny}, integers), 0);
    EXPECT_EQ(integers, (std::vector<std::int8_t>{0, 0}));
  }
  for (const float broken : {std::numeric_limits<float>::infinity(), std::nanf("")}) {
    EXPECT_TRUE(std::isnan(xnnpack::quantize_symmetric(std::vector<float>{1, broken}, integers)));
    EXPECT_EQ(integers, (std::vector<std::int8_t>{0, 0}));
  }
}

}  // namespace
}  // namespace verdict::testing

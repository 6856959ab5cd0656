// VERDICT_KERNELS: which kernels a backend runs.
#include <gtest/gtest.h>

#include "support/errors.h"
#include "verdict/backends/backend.h"
#include "verdict/backends/xnnpack/cpu.h"

namespace verdict::testing {
namespace {

using xnnpack::Isa;
using xnnpack::parse_kernel_choice;
using xnnpack::Products;

TEST(KernelChoice, TakesTheBestUnlessWordsSayOtherwise) {
  EXPECT_EQ(parse_kernel_choice("", Isa::kAvx512).isa, Isa::kAvx512);
  EXPECT_EQ(parse_kernel_choice("", Isa::kAvx512).products, Products::kFaster);

  EXPECT_EQ(parse_kernel_choice("avx2", Isa::kAvx512).isa, Isa::kAvx2);
  EXPECT_EQ(parse_kernel_choice("avx2", Isa::kAvx512).products, Products::kFaster);

  EXPECT_EQ(parse_kernel_choice("xnnpack", Isa::kAvx512).isa, Isa::kAvx512);
  EXPECT_EQ(parse_kernel_choice("xnnpack", Isa::kAvx512).products, Products::kXnnpack);
  EXPECT_EQ(parse_kernel_choice("own", Isa::kAvx512).products, Products::kOwn);

  EXPECT_EQ(parse_kernel_choice("", Isa::kAvx512Amx).isa, Isa::kAvx512Amx);
  EXPECT_EQ(parse_kernel_choice("avx512amx", Isa::kAvx512Amx).isa, Isa::kAvx512Amx);
  EXPECT_EQ(parse_kernel_choice("avx512vnni", Isa::kAvx512Amx).isa, Isa::kAvx512Vnni);

  EXPECT_EQ(parse_kernel_choice("xnnpack,avx2", Isa::kAvx512).isa, Isa::kAvx2);
  EXPECT_EQ(parse_kernel_choice("xnnpack,avx2", Isa::kAvx512).products, Products::kXnnpack);
}

TEST(KernelChoice, RefusesUnknownWordsAndWhatTheMachineLacks) {
  expect_error(
      ErrorCode::kInvalidArgument, [] { parse_kernel_choice("avx2,fastest", Isa::kAvx512); },
      "VERDICT_KERNELS", "\"fastest\"", "\"xnnpack\"", "\"avx512vnni\"");
  expect_error(
      ErrorCode::kUnsupported, [] { parse_kernel_choice("avx512", Isa::kAvx2); }, "VERDICT_KERNELS",
      "avx512", "avx2");
  expect_error(
      ErrorCode::kUnsupported, [] { parse_kernel_choice("avx512amx", Isa::kAvx512Vnni); },
      "VERDICT_KERNELS", "avx512amx", "avx512vnni");
}

TEST(KernelChoice, IsNamedByTheBackend) {
  const std::string kernels = xnnpack::describe(xnnpack::choose_kernels());
  EXPECT_EQ(create_xnnpack_backend(1)->description(), "xnnpack " + kernels + ", 1 thread");
  EXPECT_EQ(xnnpack::describe({Isa::kAvx2, Products::kXnnpack}), "avx2, XNNPACK's products");
}

}  // namespace
}  // namespace verdict::testing

#pragma once

#include <cstdint>
#include <span>

#include "verdict/backends/backend.h"
#include "verdict/backends/xnnpack/gemm_kernels.h"
#include "verdict/backends/xnnpack/kernels/bf16.h"
#include "verdict/backends/xnnpack/kernels/kernel_table.h"
#include "verdict/backends/xnnpack/kernels/packed_rows.h"
#include "verdict/backends/xnnpack/kernels/quantized_rows.h"
#include "verdict/backends/xnnpack/thread_pool.h"
#include "verdict/backends/xnnpack/weights.h"

namespace verdict::xnnpack {

/// Everything that a machine's kernels are chosen by.
struct Machine {
  KernelChoice choice;
  const KernelTable* kernels;
  GemmKernels<F32GemmKernel> f32;
  GemmKernels<F32GemmKernel> own_f32;
  GemmKernels<Q8GemmKernel> q8;
  /// Wins over `f32` where it exists, as `quantized_rows_kernels` over `q8`.
  const PackedRowsKernels* packed_rows;
  const BF16Kernels* bf16;  ///< null: no products of bfloat16
  ThreadPool pool;

  explicit Machine(int threads);
};

/// One part of a product: a weight and where its output [rows, columns] goes.
struct ProductPart {
  const PackedWeight* weight;
  std::size_t columns;
  float* out;
  std::size_t out_stride;  ///< floats from row to row
};

/// x · weightᵀ + bias (+ activation) for several weights over one input [rows, in].
struct Product {
  std::size_t rows;
  std::size_t in;
  const float* x;
  std::size_t x_stride;  ///< floats from row to row
  std::span<const ProductPart> parts;
  std::optional<graph::Activation> activation;
  std::byte* scratch;  ///< `product_scratch` bytes
};

/// Bytes of scratch that a product needs: the packed or quantised input.
std::uint64_t product_scratch(const Machine& machine, ComputeType type, std::uint64_t rows,
                              std::uint64_t in);

/// Runs a product on the pool and counts its multiplications.
void run_product(const Machine& machine, ComputeType type, const Product& product,
                 Counters& counters);

}  // namespace verdict::xnnpack

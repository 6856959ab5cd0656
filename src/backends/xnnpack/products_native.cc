// Native products of int8 and bfloat16, whose kernels read rows where they lie.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <span>

#include "verdict/backends/xnnpack/products.h"
#include "verdict/backends/xnnpack/tiles.h"
#include "xnnpack/microparams.h"

namespace verdict::xnnpack {

namespace {

/// Kernels read the quantisation of `mr` rows even where fewer are left.
constexpr std::size_t kMostRows = 16;
/// Quantised rows are padded with zeros to whole cache lines, which AMX loads.
constexpr std::size_t kRowAlignment = 64;

std::size_t quantized_stride(std::size_t in) { return round_up(in, kRowAlignment); }

/// Bytes before the quantised rows.
template <typename T>
constexpr T quantization_bytes(T rows) {
  return round_up((rows + kMostRows) * sizeof(xnn_qd8_quantization_params), kRowAlignment);
}

void run_bf16(const Machine& machine, const Product& product) {
  const BF16Kernels& kernels = *machine.bf16;
  const std::byte* x = reinterpret_cast<const std::byte*>(product.x);
  std::size_t stride = product.x_stride * sizeof(float);
  if (kernels.convert != nullptr) {
    stride = round_up(product.in, BF16Kernels::kPaddedInputs) * sizeof(std::uint16_t);
    constexpr std::size_t kBlock = 16;
    machine.pool.run((product.rows + kBlock - 1) / kBlock, [&](std::size_t block, std::size_t) {
      const std::size_t end = std::min(product.rows, (block + 1) * kBlock);
      for (std::size_t row = block * kBlock; row < end; ++row) {
        kernels.convert(product.in, product.x + row * product.x_stride,
                        reinterpret_cast<std::uint16_t*>(product.scratch + row * stride));
      }
    });
    x = product.scratch;
  }
  const auto tiles = make_tiles(product, BF16Kernels::kColumns, kernels.mr, stride,
                                static_cast<std::size_t>(machine.pool.threads()));
  machine.pool.run(tiles.size(), [&](std::size_t index, std::size_t) {
    const Tile& tile = tiles[index];
    const ProductPart& part = product.parts[tile.part];
    const std::byte* panel = std::get<PackedBF16>(*part.weight).panel(tile.first_column);
    const std::size_t most = even_rows(tile.rows, kernels.mr * kernels.blocks);
    run_tile(machine, product, tile, most, [&](std::size_t first, std::size_t rows, float* out) {
      kernels.product(product.in, rows, tile.columns, x + first * stride, stride, panel, out,
                      part.out_stride);
    });
  });
}

void run_q8(const Machine& machine, const Product& product) {
  const auto& gemm = machine.q8;
  const std::size_t stride = quantized_stride(product.in);
  auto* quantization = reinterpret_cast<xnn_qd8_quantization_params*>(product.scratch);
  auto* quantized =
      reinterpret_cast<std::int8_t*>(product.scratch + quantization_bytes(product.rows));
  constexpr std::size_t kBlock = 16;
  machine.pool.run((product.rows + kBlock - 1) / kBlock, [&](std::size_t block, std::size_t) {
    const std::size_t end = std::min(product.rows, (block + 1) * kBlock);
    for (std::size_t row = block * kBlock; row < end; ++row) {
      const RowQuantization q =
          machine.kernels->quantize_row(product.in, product.x + row * product.x_stride,
                                        gemm.input_flip, quantized + row * stride);
      std::memset(quantized + row * stride + product.in, 0, stride - product.in);
      quantization[row] = {q.zero_point + gemm.input_flip, q.scale};
    }
  });
  const std::span scales(quantization, product.rows);
  const bool has_nan_rows = std::ranges::any_of(
      scales, [](const xnn_qd8_quantization_params& q) { return std::isnan(q.inv_scale); });
  // XNNPACK computes surplus rows of a block over the last one and stores them after it, with their
  // own parameters.
  std::fill_n(quantization + product.rows, kMostRows, quantization[product.rows - 1]);

  const auto tiles = make_tiles(product, gemm.layout.nr, gemm.mr, stride,
                                static_cast<std::size_t>(machine.pool.threads()));
  machine.pool.run(tiles.size(), [&](std::size_t index, std::size_t) {
    const Tile& tile = tiles[index];
    const ProductPart& part = product.parts[tile.part];
    const PackedQ8& weight = std::get<PackedQ8>(*part.weight);
    const std::byte* panel = weight.panel(tile.first_column);
    const std::size_t most = gemm.pads_rows ? gemm.mr : even_rows(tile.rows, gemm.mr * gemm.blocks);
    run_tile(machine, product, tile, most, [&](std::size_t first, std::size_t rows, float* out) {
      gemm.choose(rows)(rows, tile.columns, product.in, quantized + first * stride, stride, panel,
                        out, part.out_stride * sizeof(float), gemm.layout.nr * sizeof(float),
                        &unbounded(), quantization + first);
      if (!has_nan_rows && !weight.has_nan()) return;
      // XNNPACK's kernels for x86 clamp NaN to minus infinity.
      for (std::size_t row = 0; row < rows; ++row) {
        for (std::size_t column = 0; column < tile.columns; ++column) {
          if (std::isnan(scales[first + row].inv_scale) ||
              weight.is_nan(tile.first_column + column))
            out[row * part.out_stride + column] = std::numeric_limits<float>::quiet_NaN();
        }
      }
    });
  });
}

}  // namespace

std::uint64_t product_scratch(const Machine& /*machine*/, ComputeType type, std::uint64_t rows,
                              std::uint64_t in) {
  if (type == ComputeType::kQ8)
    return quantization_bytes(rows) + rows * round_up(in, kRowAlignment);
  if (type == ComputeType::kBF16)
    return rows * round_up(in, BF16Kernels::kPaddedInputs) * sizeof(std::uint16_t);
  return 0;
}

void run_by_type(const Machine& machine, ComputeType type, const Product& product) {
  if (type == ComputeType::kQ8) return run_q8(machine, product);
  if (type == ComputeType::kBF16) return run_bf16(machine, product);
  run_f32(machine, product);
}

}  // namespace verdict::xnnpack

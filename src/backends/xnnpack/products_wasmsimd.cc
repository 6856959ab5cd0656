// Products in WebAssembly: the input is packed, or quantised, in blocks of rows that kernels of our
// own read.
#include <numeric>
#include <vector>

#include "verdict/backends/xnnpack/products.h"
#include "verdict/backends/xnnpack/tiles.h"

namespace verdict::xnnpack {

namespace {

/// A block of rows.
struct Rows {
  std::size_t first;
  std::size_t count;
};

/// How a product is divided: the tiles, and the blocks of rows that they read.
struct Division {
  std::vector<Tile> tiles;
  std::vector<Rows> blocks;
};

Division divide(const Machine& machine, const Product& product, std::size_t most_rows,
                std::size_t row_bytes) {
  Division out;
  // Tiles before the last leave no rows of a block empty.
  out.tiles = make_tiles(product, PackedRowsKernels::kColumns,
                         std::lcm(PackedRowsKernels::kLowRows, most_rows), row_bytes,
                         static_cast<std::size_t>(machine.pool.threads()));
  std::size_t end = 0;
  for (const Tile& tile : out.tiles) {
    if (tile.first_row < end) continue;
    end = tile.first_row + tile.rows;
    for_row_blocks(tile.rows, most_rows, [&](std::size_t first, std::size_t rows) {
      out.blocks.push_back({tile.first_row + first, rows});
    });
  }
  return out;
}

/// Packs the input in blocks of at most `most_rows` rows, then calls kernel(tile, thread, out) for
/// every tile, and the activation over what it wrote.
template <typename Pack, typename Kernel>
void run_packed_rows(const Machine& machine, const Product& product, std::size_t most_rows,
                     std::size_t row_bytes, Pack pack, Kernel kernel) {
  const Division division = divide(machine, product, most_rows, row_bytes);
  machine.pool.run(division.blocks.size(), [&](std::size_t index, std::size_t) {
    const auto& [first, rows] = division.blocks[index];
    pack(first, rows, product.x + first * product.x_stride);
  });
  machine.pool.run(division.tiles.size(), [&](std::size_t index, std::size_t thread) {
    const Tile& tile = division.tiles[index];
    run_tile(machine, product, tile, tile.rows,
             [&](std::size_t, std::size_t, float* out) { kernel(tile, thread, out); });
  });
}

void run_packed_f32(const Machine& machine, const Product& product) {
  const PackedRowsKernels& kernels = *machine.packed_rows;
  auto* packed = reinterpret_cast<float*>(product.scratch);
  run_packed_rows(
      machine, product, kernels.most_rows, product.in * sizeof(float),
      [&](std::size_t first, std::size_t rows, const float* x) {
        kernels.pack_f32(product.in, rows, x, product.x_stride, packed + first * product.in);
      },
      [&](const Tile& tile, std::size_t, float* out) {
        const ProductPart& part = product.parts[tile.part];
        kernels.product_f32(
            product.in, tile.rows, tile.columns, packed + tile.first_row * product.in,
            std::get<PackedF32>(*part.weight).panel(tile.first_column), out, part.out_stride);
      });
}

void run_packed_q8(const Machine& machine, const Product& product) {
  const QuantizedRowsKernels& kernels = *quantized_rows_kernels(product.in);
  const std::size_t stride = round_up(product.in, kernels.group) * kernels.input_bytes;
  const std::size_t height = round_up(product.rows, PackedRowsKernels::kLowRows);
  auto* quantization = reinterpret_cast<RowQuantization*>(product.scratch);
  std::byte* packed = product.scratch + height * sizeof(RowQuantization);
  std::byte* scratch = packed + height * stride;
  run_packed_rows(
      machine, product, kernels.most_rows, stride,
      [&](std::size_t first, std::size_t rows, const float* x) {
        kernels.quantize(product.in, rows, x, product.x_stride, packed + first * stride,
                         quantization + first);
      },
      [&](const Tile& tile, std::size_t thread, float* out) {
        const ProductPart& part = product.parts[tile.part];
        kernels.product(product.in, tile.rows, tile.columns, packed + tile.first_row * stride,
                        quantization + tile.first_row,
                        std::get<PackedQ8>(*part.weight).panel(tile.first_column),
                        scratch + thread * kernels.scratch_bytes(product.in), out, part.out_stride);
      });
}

}  // namespace

std::uint64_t product_scratch(const Machine& machine, ComputeType type, std::uint64_t rows,
                              std::uint64_t in) {
  const std::uint64_t packed = round_up(rows, PackedRowsKernels::kLowRows);
  if (type != ComputeType::kQ8) return packed * in * sizeof(float);
  const QuantizedRowsKernels& kernels = *quantized_rows_kernels(static_cast<std::size_t>(in));
  return packed * (sizeof(RowQuantization) + round_up(in, kernels.group) * kernels.input_bytes) +
         static_cast<std::uint64_t>(machine.pool.threads()) * kernels.scratch_bytes(in);
}

void run_by_type(const Machine& machine, ComputeType type, const Product& product) {
  if (type == ComputeType::kQ8) return run_packed_q8(machine, product);
  // One row is all panels and no reuse: packing would only cost.
  if (product.rows > 1) return run_packed_f32(machine, product);
  run_f32(machine, product);
}

}  // namespace verdict::xnnpack

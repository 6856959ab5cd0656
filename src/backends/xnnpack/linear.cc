#include "verdict/backends/xnnpack/linear.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>
#include <vector>

#include "xnnpack/microparams.h"

namespace verdict::xnnpack {

namespace {

/// A rectangle of one part's output, made of whole column panels.
struct Tile {
  std::size_t part;
  std::size_t first_row;
  std::size_t rows;
  std::size_t first_column;
  std::size_t columns;
};

/// A block of input rows that is read again for every panel of weights should stay in a core's
/// second cache: a larger one comes from far away as often as there are panels.
constexpr std::size_t kBlockBytes = std::size_t{512} << 10;

/// Divides a product into tiles. Blocks of rows are as tall as the cache allows (an input row has
/// `row_bytes`), and split further only where there are too few panels for all threads; within a
/// block, a panel of weights is read once by one thread.
std::vector<Tile> make_tiles(const Product& product, std::size_t nr, std::size_t mr,
                             std::size_t row_bytes, std::size_t threads) {
  std::size_t panels = 0;
  for (const ProductPart& part : product.parts) panels += (part.columns + nr - 1) / nr;
  if (panels == 0) return {};
  std::size_t row_blocks = (product.rows * row_bytes + kBlockBytes - 1) / kBlockBytes;
  if (threads > 1) row_blocks = std::max(row_blocks, (4 * threads + panels - 1) / panels);
  row_blocks = std::min(row_blocks, (product.rows + mr - 1) / mr);
  const std::size_t tile_rows = round_up((product.rows + row_blocks - 1) / row_blocks, mr);
  std::vector<Tile> tiles;
  for (std::size_t row = 0; row < product.rows; row += tile_rows) {
    for (std::size_t part = 0; part < product.parts.size(); ++part) {
      const std::size_t columns = product.parts[part].columns;
      for (std::size_t column = 0; column < columns; column += nr) {
        tiles.push_back({part, row, std::min(tile_rows, product.rows - row), column,
                         std::min(nr, columns - column)});
      }
    }
  }
  return tiles;
}

/// Divides rows evenly into as few blocks of at most mr as there must be: 16 by 10 are 8 and 8.
std::size_t even_rows(std::size_t rows, std::size_t mr) {
  const std::size_t blocks = (rows + mr - 1) / mr;
  return (rows + blocks - 1) / blocks;
}

/// Runs `kernel(first_row, rows, out)` over a tile in blocks of as many rows as `next` says of
/// those that are left, and the activation over what it wrote.
template <typename Next, typename Kernel>
void run_tile(const Machine& machine, const Product& product, const Tile& tile, Next next,
              Kernel kernel) {
  const ProductPart& part = product.parts[tile.part];
  for (std::size_t done = 0; done < tile.rows;) {
    const std::size_t first = tile.first_row + done;
    const std::size_t rows = next(tile.rows - done);
    float* out = part.out + first * part.out_stride + tile.first_column;
    kernel(first, rows, out);
    done += rows;
    if (product.activation)
      machine.kernels->activate(*product.activation, rows, tile.columns, out, part.out_stride);
  }
}

/// Blocks of at most mr rows.
auto blocks_of(std::size_t mr) {
  return [mr](std::size_t left) { return std::min(left, mr); };
}

#if defined(__wasm__)
/// Packs the input in blocks of at most `most_rows` rows, then calls kernel(tile, panel, first row,
/// rows, out, stride) for every block of every tile, where `panel` is panel(tile, thread).
template <typename Pack, typename Panel, typename Kernel>
void run_packed_rows(const Machine& machine, const Product& product, std::size_t most_rows,
                     std::size_t row_bytes, Pack pack, Panel panel, Kernel kernel) {
  const auto next = [most_rows](std::size_t left) { return rows_of_block(left, most_rows); };
  // Tiles before the last leave no rows of a block empty.
  const auto tiles = make_tiles(product, PackedRowsKernels::kColumns,
                                std::lcm(PackedRowsKernels::kLowRows, most_rows), row_bytes,
                                static_cast<std::size_t>(machine.pool.threads()));
  std::vector<std::pair<std::size_t, std::size_t>> blocks;
  for (const Tile& tile : tiles) {
    if (tile.first_row < (blocks.empty() ? 0 : blocks.back().first + blocks.back().second))
      continue;
    for (std::size_t done = 0; done < tile.rows; done += blocks.back().second)
      blocks.emplace_back(tile.first_row + done, next(tile.rows - done));
  }
  machine.pool.run(blocks.size(), [&](std::size_t index, std::size_t) {
    const auto& [first, rows] = blocks[index];
    pack(first, rows, product.x + first * product.x_stride);
  });
  machine.pool.run(tiles.size(), [&](std::size_t index, std::size_t thread) {
    const Tile& tile = tiles[index];
    const auto* weights = panel(tile, thread);
    const std::size_t stride = product.parts[tile.part].out_stride;
    run_tile(machine, product, tile, next, [&](std::size_t first, std::size_t rows, float* out) {
      kernel(tile, weights, first, rows, out, stride);
    });
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
      [&](const Tile& tile, std::size_t) {
        return std::get<PackedF32>(*product.parts[tile.part].weight).panel(tile.first_column);
      },
      [&](const Tile& tile, const float* panel, std::size_t first, std::size_t rows, float* out,
          std::size_t stride) {
        kernels.product_f32(product.in, rows, tile.columns, packed + first * product.in, panel, out,
                            stride);
      });
}

void run_packed_q8(const Machine& machine, const Product& product) {
  const QuantizedRowsKernels& kernels = *quantized_rows_kernels(product.in);
  const std::size_t stride = round_up(product.in, kernels.group) * kernels.input_bytes;
  const std::size_t height = round_up(product.rows, PackedRowsKernels::kLowRows);
  auto* quantization = reinterpret_cast<RowQuantization*>(product.scratch);
  std::byte* packed = product.scratch + height * sizeof(RowQuantization);
  std::byte* wide_panels = packed + height * stride;
  const auto is_wide = [&](const Tile& tile) {
    return kernels.widen != nullptr && tile.rows >= QuantizedRowsKernels::kLeastWideRows;
  };
  run_packed_rows(
      machine, product, kernels.most_rows, stride,
      [&](std::size_t first, std::size_t rows, const float* x) {
        kernels.quantize(product.in, rows, x, product.x_stride, packed + first * stride,
                         quantization + first);
      },
      [&](const Tile& tile, std::size_t thread) {
        const std::byte* panel =
            std::get<PackedQ8>(*product.parts[tile.part].weight).panel(tile.first_column);
        if (!is_wide(tile)) return panel;
        std::byte* wide = wide_panels + thread * kernels.wide_bytes(product.in);
        kernels.widen(product.in, panel, wide);
        return static_cast<const std::byte*>(wide);
      },
      [&](const Tile& tile, const std::byte* panel, std::size_t first, std::size_t rows, float* out,
          std::size_t out_stride) {
        (is_wide(tile) ? kernels.wide_product : kernels.product)(
            product.in, rows, tile.columns, packed + first * stride, quantization + first, panel,
            out, out_stride);
      });
}
#endif

void run_f32(const Machine& machine, const Product& product) {
  const bool own =
      machine.own_f32.many_rows != nullptr && own_products_win(machine.choice, product.rows);
  const auto& gemm = own ? machine.own_f32 : machine.f32;
  const auto tiles = make_tiles(product, gemm.layout.nr, gemm.mr, product.in * sizeof(float),
                                static_cast<std::size_t>(machine.pool.threads()));
  machine.pool.run(tiles.size(), [&](std::size_t index, std::size_t) {
    const Tile& tile = tiles[index];
    const ProductPart& part = product.parts[tile.part];
    const float* panel = std::get<PackedF32>(*part.weight).panel(tile.first_column);
    const auto next = blocks_of(even_rows(tile.rows, gemm.mr * gemm.blocks));
    run_tile(machine, product, tile, next, [&](std::size_t first, std::size_t rows, float* out) {
      gemm.choose(rows)(rows, tile.columns, product.in * sizeof(float),
                        product.x + first * product.x_stride, product.x_stride * sizeof(float),
                        panel, out, part.out_stride * sizeof(float), gemm.layout.nr * sizeof(float),
                        &unbounded());
    });
  });
}

#if !defined(__wasm__)
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
    const auto next = blocks_of(even_rows(tile.rows, kernels.mr * kernels.blocks));
    run_tile(machine, product, tile, next, [&](std::size_t first, std::size_t rows, float* out) {
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
  // XNNPACK computes surplus rows of a block over the last one and stores them after it, with their
  // own parameters.
  std::fill_n(quantization + product.rows, kMostRows, quantization[product.rows - 1]);

  const auto tiles = make_tiles(product, gemm.layout.nr, gemm.mr, stride,
                                static_cast<std::size_t>(machine.pool.threads()));
  machine.pool.run(tiles.size(), [&](std::size_t index, std::size_t) {
    const Tile& tile = tiles[index];
    const ProductPart& part = product.parts[tile.part];
    const std::byte* panel = std::get<PackedQ8>(*part.weight).panel(tile.first_column);
    const auto next =
        blocks_of(gemm.pads_rows ? gemm.mr : even_rows(tile.rows, gemm.mr * gemm.blocks));
    run_tile(machine, product, tile, next, [&](std::size_t first, std::size_t rows, float* out) {
      gemm.choose(rows)(rows, tile.columns, product.in, quantized + first * stride, stride, panel,
                        out, part.out_stride * sizeof(float), gemm.layout.nr * sizeof(float),
                        &unbounded(), quantization + first);
    });
  });
}

#endif

}  // namespace

Machine::Machine(int threads)
    : choice(choose_kernels()),
      kernels(&kernel_table(choice.isa)),
      f32(f32_gemm_kernels(choice)),
      own_f32(own_f32_gemm_kernels(choice)),
      q8(q8_gemm_kernels(choice, 1)),
      packed_rows(packed_rows_kernels()),
      bf16(bf16_kernels(choice)),
      pool(threads) {}

std::uint64_t product_scratch([[maybe_unused]] const Machine& machine, ComputeType type,
                              std::uint64_t rows, std::uint64_t in) {
#if defined(__wasm__)
  const std::uint64_t packed = round_up(rows, PackedRowsKernels::kLowRows);
  if (type != ComputeType::kQ8) return packed * in * sizeof(float);
  const QuantizedRowsKernels& kernels = *quantized_rows_kernels(static_cast<std::size_t>(in));
  return packed * (sizeof(RowQuantization) + round_up(in, kernels.group) * kernels.input_bytes) +
         static_cast<std::uint64_t>(machine.pool.threads()) * kernels.wide_bytes(in);
#else
  if (type == ComputeType::kQ8)
    return quantization_bytes(rows) + rows * round_up(in, kRowAlignment);
  if (type == ComputeType::kBF16)
    return rows * round_up(in, BF16Kernels::kPaddedInputs) * sizeof(std::uint16_t);
  return 0;
#endif
}

void run_product(const Machine& machine, ComputeType type, const Product& product,
                 Counters& counters) {
  if (product.rows == 0) return;
  std::int64_t multiplications = 0;
  for (const ProductPart& part : product.parts) {
    multiplications += static_cast<std::int64_t>(product.rows * part.columns * product.in);
  }
  (type == ComputeType::kQ8 ? counters.int8_multiplications : counters.float_multiplications) +=
      multiplications;
#if defined(__wasm__)
  if (type == ComputeType::kQ8) return run_packed_q8(machine, product);
  // One row is all panels and no reuse: packing would only cost.
  if (product.rows > 1) return run_packed_f32(machine, product);
#else
  if (type == ComputeType::kQ8) return run_q8(machine, product);
  if (type == ComputeType::kBF16) return run_bf16(machine, product);
#endif
  run_f32(machine, product);
}

}  // namespace verdict::xnnpack

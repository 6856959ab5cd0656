#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "verdict/backends/xnnpack/linear.h"

namespace verdict::xnnpack {

/// A rectangle of one part's output, made of whole column panels.
struct Tile {
  std::size_t part;
  std::size_t first_row;
  std::size_t rows;
  std::size_t first_column;
  std::size_t columns;
};

/// Divides a product into tiles. Blocks of rows are as tall as the cache allows (an input row has
/// `row_bytes`), and split further only where there are too few panels of `nr` columns for all
/// threads; within a block, a panel of weights is read once by one thread.
std::vector<Tile> make_tiles(const Product& product, std::size_t nr, std::size_t mr,
                             std::size_t row_bytes, std::size_t threads);

/// Runs `kernel(first_row, rows, out)` over a tile in blocks of at most `most_rows` rows, and the
/// activation over what it wrote.
template <typename Kernel>
void run_tile(const Machine& machine, const Product& product, const Tile& tile,
              std::size_t most_rows, Kernel kernel) {
  const ProductPart& part = product.parts[tile.part];
  for (std::size_t done = 0; done < tile.rows; done += most_rows) {
    const std::size_t first = tile.first_row + done;
    const std::size_t rows = std::min(tile.rows - done, most_rows);
    float* out = part.out + first * part.out_stride + tile.first_column;
    kernel(first, rows, out);
    if (product.activation)
      machine.kernels->activate(*product.activation, rows, tile.columns, out, part.out_stride);
  }
}

/// Divides rows evenly into as few blocks of at most mr as there must be: 16 by 10 are 8 and 8.
constexpr std::size_t even_rows(std::size_t rows, std::size_t mr) {
  const std::size_t blocks = (rows + mr - 1) / mr;
  return (rows + blocks - 1) / blocks;
}

}  // namespace verdict::xnnpack

#include "verdict/backends/xnnpack/tiles.h"

namespace verdict::xnnpack {

namespace {

/// A block of input rows that is read again for every panel of weights should stay in a core's
/// second cache: a larger one comes from far away as often as there are panels.
constexpr std::size_t kBlockBytes = std::size_t{512} << 10;

}  // namespace

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

}  // namespace verdict::xnnpack

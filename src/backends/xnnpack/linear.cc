#include "verdict/backends/xnnpack/linear.h"

#include "verdict/backends/xnnpack/products.h"
#include "verdict/backends/xnnpack/tiles.h"

namespace verdict::xnnpack {

Machine::Machine(int threads)
    : choice(choose_kernels()),
      kernels(&kernel_table(choice.isa)),
      f32(f32_gemm_kernels(choice)),
      own_f32(own_f32_gemm_kernels(choice)),
      q8(q8_gemm_kernels(choice, 1)),
      packed_rows(packed_rows_kernels()),
      bf16(bf16_kernels(choice)),
      pool(threads) {}

void run_product(const Machine& machine, ComputeType type, const Product& product,
                 Counters& counters) {
  if (product.rows == 0) return;
  std::int64_t multiplications = 0;
  for (const ProductPart& part : product.parts) {
    multiplications += static_cast<std::int64_t>(product.rows * part.columns * product.in);
  }
  (type == ComputeType::kQ8 ? counters.int8_multiplications : counters.float_multiplications) +=
      multiplications;
  run_by_type(machine, type, product);
}

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
    const std::size_t most = even_rows(tile.rows, gemm.mr * gemm.blocks);
    run_tile(machine, product, tile, most, [&](std::size_t first, std::size_t rows, float* out) {
      gemm.choose(rows)(rows, tile.columns, product.in * sizeof(float),
                        product.x + first * product.x_stride, product.x_stride * sizeof(float),
                        panel, out, part.out_stride * sizeof(float), gemm.layout.nr * sizeof(float),
                        &unbounded());
    });
  });
}

}  // namespace verdict::xnnpack

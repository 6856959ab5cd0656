# The native engine's process of benchmarks/run.mjs.
add_executable(verdict_benchmark benchmarks/native.cc)
target_link_libraries(verdict_benchmark PRIVATE verdict)
verdict_warnings(verdict_benchmark)
# Speeds of the matrix products; writes the table by which they are chosen.
add_executable(verdict_products benchmarks/products.cc)
target_link_libraries(verdict_products PRIVATE verdict)
verdict_warnings(verdict_products)

# The native engine's process of benchmarks/run.mjs.
add_executable(verdict_benchmark benchmarks/native.cc)
target_link_libraries(verdict_benchmark PRIVATE verdict)
verdict_warnings(verdict_benchmark)

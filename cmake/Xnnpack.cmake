# XNNPACK's matrix-product microkernels and the thread pool, as object libraries. Only the sources that
# src/backends/xnnpack/gemm_kernels.cc names are compiled: its table and this list change together.
set(gemm "${XNNPACK_SOURCE}/src")
set(sources)
macro(microkernels flags)
  foreach(file ${ARGN})
    set(path "${gemm}/${file}")
    list(APPEND sources "${path}")
    if(NOT "${flags}" STREQUAL "")
      set_source_files_properties("${path}" PROPERTIES COMPILE_FLAGS "${flags}")
    endif()
  endforeach()
endmacro()

if(EMSCRIPTEN)
  # Of one row only: src/backends/xnnpack/kernels/packed_rows_wasmsimd.cc is faster at all others, and in int8.
  if(VERDICT_WASM_RELAXED)
    microkernels("" f32-gemm/gen/f32-gemm-1x8-wasmrelaxedsimd-fma-loadsplat.c)
  else()
    microkernels("" f32-gemm/gen/f32-gemm-1x8-wasmsimd-loadsplat.c)
  endif()
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
  microkernels("" f32-gemm/gen/f32-gemm-1x8-minmax-sse-load1.c
                  f32-gemm/gen/f32-gemm-4x8-minmax-sse-load1.c
                  qd8-f32-qc8w-gemm/gen/qd8-f32-qc8w-gemm-1x4c8-minmax-sse2-ld64.c
                  qd8-f32-qc8w-gemm/gen/qd8-f32-qc8w-gemm-4x4c8-minmax-sse2-ld64.c)
  microkernels("-mavx2 -mfma -mf16c" f32-gemm/gen/f32-gemm-1x16-minmax-fma3-broadcast.c
               f32-gemm/gen/f32-gemm-5x16-minmax-fma3-broadcast.c
               qd8-f32-qc8w-gemm/gen/qd8-f32-qc8w-gemm-1x8c8-minmax-avx2.c
               qd8-f32-qc8w-gemm/gen/qd8-f32-qc8w-gemm-4x8c8-minmax-avx2.c)
  microkernels("-mavx512f -mavx512bw -mavx512cd -mavx512dq -mavx512vl"
               f32-gemm/gen/f32-gemm-1x32-minmax-avx512f-broadcast.c
               f32-gemm/gen/f32-gemm-7x32-minmax-avx512f-broadcast.c
               qd8-f32-qc8w-gemm/gen/qd8-f32-qc8w-gemm-1x16c8-minmax-avx512skx-prfm.c
               qd8-f32-qc8w-gemm/gen/qd8-f32-qc8w-gemm-8x16c8-minmax-avx512skx-prfm.c)
  microkernels("-mavx512f -mavx512bw -mavx512cd -mavx512dq -mavx512vl -mavx512vnni"
               qd8-f32-qc8w-gemm/gen/qd8-f32-qc8w-gemm-1x16c8-minmax-avx512vnni-prfm.c
               qd8-f32-qc8w-gemm/gen/qd8-f32-qc8w-gemm-10x16c8-minmax-avx512vnni-prfm.c)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64|ARM64)$")
  microkernels("" f32-gemm/gen/f32-gemm-1x8-minmax-aarch64-neonfma-lane-ld64.c
                  f32-gemm/gen/f32-gemm-6x8-minmax-aarch64-neonfma-lane-ld64.c
                  qd8-f32-qc8w-gemm/gen/qd8-f32-qc8w-gemm-1x16-minmax-neon-mlal-lane.c
                  qd8-f32-qc8w-gemm/gen/qd8-f32-qc8w-gemm-4x16-minmax-neon-mlal-lane.c)
else()
  microkernels("" f32-gemm/gen/f32-gemm-1x4-minmax-scalar.c f32-gemm/gen/f32-gemm-4x4-minmax-scalar.c
                  qd8-f32-qc8w-gemm/gen/qd8-f32-qc8w-gemm-1x4-minmax-scalar.c
                  qd8-f32-qc8w-gemm/gen/qd8-f32-qc8w-gemm-4x4-minmax-scalar.c)
endif()

if(EMSCRIPTEN AND NOT VERDICT_THREADS)
  set(pool_sources shim.c)
else()
  set(pool_sources portable-api.c memory.c pthreads.c)
endif()
list(TRANSFORM pool_sources PREPEND "${PTHREADPOOL_SOURCE}/src/")

add_library(verdict_third_party OBJECT ${sources} ${pool_sources})
target_include_directories(verdict_third_party SYSTEM PUBLIC
  "${XNNPACK_SOURCE}/include" "${XNNPACK_SOURCE}/src" "${PTHREADPOOL_SOURCE}/include"
  PRIVATE "${PTHREADPOOL_SOURCE}/src" "${FXDIV_SOURCE}/include")
target_compile_definitions(verdict_third_party PRIVATE
  _GNU_SOURCE=1 PTHREADPOOL_USE_CPUINFO=0 PTHREADPOOL_USE_FASTPATH=0 NDEBUG)
# The microkernels over-read inputs and weights on purpose, so sanitizers stay off here.
target_compile_options(verdict_third_party PRIVATE -O2 -w -fno-math-errno -ffunction-sections)
set_target_properties(verdict_third_party PROPERTIES C_STANDARD 11)

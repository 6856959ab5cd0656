# The Embind module of one variant and the command line for Node, next to each other in VERDICT_WASM_OUT.
set(VERDICT_VARIANT "simd" CACHE STRING "Name of the variant: simd, simd-threads, relaxed, relaxed-threads")
set(VERDICT_WASM_OUT "${PROJECT_SOURCE_DIR}/web/dist/wasm" CACHE PATH "Where the modules go")

# What is linked is compiled already; the optimiser after the linker has the size alone to care for.
set(common -Oz -sMALLOC=emmalloc -sALLOW_MEMORY_GROWTH=1 -sMAXIMUM_MEMORY=4GB -sABORTING_MALLOC=0 -sSTACK_SIZE=1MB
           -sMODULARIZE=1 -sEXPORT_ES6=1 -sEXIT_RUNTIME=0)

function(verdict_wasm_module target name)
  target_link_libraries(${target} PRIVATE verdict)
  verdict_warnings(${target})
  target_link_options(${target} PRIVATE ${common} ${ARGN})
  set_target_properties(${target} PROPERTIES OUTPUT_NAME "${name}-${VERDICT_VARIANT}" SUFFIX ".mjs"
                        RUNTIME_OUTPUT_DIRECTORY "${VERDICT_WASM_OUT}")
endfunction()

set(threads)
if(VERDICT_THREADS)
  # All threads are started with the module: none could start while the caller waits for it.
  set(threads "-sPTHREAD_POOL_SIZE=Module['pthreadPoolSize']??0" -sEXPORTED_RUNTIME_METHODS=PThread)
endif()
file(GLOB bindings CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/bindings/*.cc")
add_executable(verdict_module ${bindings})
target_compile_definitions(verdict_module PRIVATE EMSCRIPTEN_HAS_UNBOUND_TYPE_NAMES=0 VERDICT_VARIANT="${VERDICT_VARIANT}"
  VERDICT_VERSION="${PROJECT_VERSION}" VERDICT_HAS_THREADS=$<BOOL:${VERDICT_THREADS}>)
# Twice as long to link, and 1 % smaller: for what is downloaded.
verdict_wasm_module(verdict_module verdict -sBINARYEN_EXTRA_PASSES=merge-similar-functions,converge -lembind -sFILESYSTEM=0 -sENVIRONMENT=web,worker,node
                    -sDYNAMIC_EXECUTION=0 -sINCOMING_MODULE_JS_API=instantiateWasm,locateFile
                    "-Wl,--Map=${CMAKE_BINARY_DIR}/verdict.map" ${threads})

file(GLOB cli CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/cli/*.cc")
add_executable(verdict_cli ${cli})
target_compile_definitions(verdict_cli PRIVATE VERDICT_VERSION="${PROJECT_VERSION}")
verdict_wasm_module(verdict_cli verdict-cli -sNODERAWFS=1 -sENVIRONMENT=node -sEXIT_RUNTIME=1 ${threads})

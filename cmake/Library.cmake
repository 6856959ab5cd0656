# The library. Every room below src/ is found by name, so that a new architecture is one file and one registry line.
file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/*.cc")
list(FILTER sources EXCLUDE REGEX "/src/(cli|bindings)/")
# What ends in _native has a counterpart in _wasmsimd.
if(EMSCRIPTEN)
  list(FILTER sources EXCLUDE REGEX "_native\\.cc$")
endif()

# Kernels are compiled for the instruction set that their file's name ends in and chosen at run time.
foreach(isa avx2 avx512 avx512vnni avx512bf16 amx wasmsimd wasmrelaxed)
  set(files ${sources})
  list(FILTER files INCLUDE REGEX "_${isa}\\.cc$")
  if(isa MATCHES "^wasm")
    if(NOT EMSCRIPTEN)
      list(REMOVE_ITEM sources ${files})
    endif()
  elseif(EMSCRIPTEN OR NOT CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
    list(REMOVE_ITEM sources ${files})
  elseif(isa STREQUAL "avx2")
    set_source_files_properties(${files} PROPERTIES COMPILE_FLAGS "-mavx2 -mfma")
  else()
    set(flags "-mavx512f -mavx512bw -mavx512dq -mavx512vl -mfma")
    if(isa STREQUAL "amx")
      string(APPEND flags " -mamx-tile -mamx-int8 -mamx-bf16")
    elseif(NOT isa STREQUAL "avx512")
      string(APPEND flags " -m${isa}")
    endif()
    set_source_files_properties(${files} PROPERTIES COMPILE_FLAGS "${flags}")
  endif()
endforeach()

# Fetching by name; in WebAssembly the JavaScript host fetches.
if(NOT EMSCRIPTEN)
  find_package(CURL QUIET)
  option(VERDICT_HUB "Fetch models by name from a Hugging Face hub (libcurl)" ${CURL_FOUND})
  if(VERDICT_HUB)
    find_package(CURL REQUIRED)
  endif()
endif()
if(NOT VERDICT_HUB)
  list(FILTER sources EXCLUDE REGEX "/src/hub/(http_curl|download|remote_files)\\.cc$")
endif()

if(EMSCRIPTEN)
  set(kernels ${sources})
  list(FILTER kernels INCLUDE REGEX "/src/backends/xnnpack/kernels/")
  # They are written in vectors: what LLVM makes of their scalar loops is only large.
  set_property(SOURCE ${kernels} APPEND PROPERTY COMPILE_OPTIONS -O3 -fno-vectorize -fno-slp-vectorize)
  set(loops ${sources})
  list(FILTER loops INCLUDE REGEX "/src/(backends/xnnpack/packing|base/dtype)\\.cc$")
  set_property(SOURCE ${loops} APPEND PROPERTY COMPILE_OPTIONS -O2)
  set(text ${sources})
  list(FILTER text INCLUDE REGEX
    "/src/(tokenizers/((models|normalizers|pre_tokenizers)/.*|normalized_text|word_cache|known_patterns)|base/utf8)\\.cc$")
  list(FILTER text EXCLUDE REGEX "/(normalizer|pre_tokenizer|tokenizer_model)\\.cc$")
  set_property(SOURCE ${text} APPEND PROPERTY COMPILE_OPTIONS -O2)
endif()

# Sources include "verdict/<room>/<file>.h"; installed headers have the same path.
file(MAKE_DIRECTORY "${CMAKE_BINARY_DIR}/include")
file(CREATE_LINK "${PROJECT_SOURCE_DIR}/src" "${CMAKE_BINARY_DIR}/include/verdict" SYMBOLIC)

add_library(verdict STATIC ${sources} $<TARGET_OBJECTS:verdict_third_party> $<TARGET_OBJECTS:verdict_pcre2>)
add_library(verdict::verdict ALIAS verdict)
target_include_directories(verdict PUBLIC
  $<BUILD_INTERFACE:${CMAKE_BINARY_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_include_directories(verdict SYSTEM PUBLIC $<BUILD_INTERFACE:${NLOHMANN_SOURCE}/include>)
target_include_directories(verdict SYSTEM PRIVATE
  $<TARGET_PROPERTY:verdict_third_party,INTERFACE_SYSTEM_INCLUDE_DIRECTORIES> "${PCRE2_CONFIG}")
target_compile_features(verdict PUBLIC cxx_std_20)
target_compile_definitions(verdict PRIVATE VERDICT_VERSION="${PROJECT_VERSION}"
  VERDICT_HAS_THREADS=$<BOOL:${VERDICT_THREADS}> PCRE2_CODE_UNIT_WIDTH=8 PCRE2_STATIC)
verdict_warnings(verdict)
verdict_sanitize(verdict)

if(NOT EMSCRIPTEN)
  set(THREADS_PREFER_PTHREAD_FLAG ON)
  find_package(Threads REQUIRED)
  target_link_libraries(verdict PUBLIC Threads::Threads)
endif()
if(VERDICT_HUB)
  target_link_libraries(verdict PRIVATE CURL::libcurl)
  set_source_files_properties("${PROJECT_SOURCE_DIR}/src/hub/open_model.cc" PROPERTIES
    COMPILE_DEFINITIONS VERDICT_HUB)
endif()

# Flags of every object in a WebAssembly build: size first, because it is downloaded; what computes is compiled for
# speed (cmake/Library.cmake).
add_compile_options(-msimd128 -fwasm-exceptions -Oz)
add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fno-rtti>)
# The linker's flag chooses the Embind library that tells types apart without RTTI, too.
add_link_options(-fwasm-exceptions -fno-rtti)
if(VERDICT_WASM_RELAXED)
  add_compile_options(-mrelaxed-simd)
endif()
if(VERDICT_THREADS)
  add_compile_options(-pthread)
  add_link_options(-pthread)
endif()

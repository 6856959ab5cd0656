# The library verdict_convert and the program verdict-convert: foreign checkpoints in, safetensors out. Native only.
# Sources include "verdict_convert/<file>.h"; installed headers have the same path.
file(CREATE_LINK "${PROJECT_SOURCE_DIR}/converter" "${CMAKE_BINARY_DIR}/include/verdict_convert" SYMBOLIC)
file(GLOB_RECURSE converter CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/converter/*.cc")
set(converter_program ${converter})
list(FILTER converter_program INCLUDE REGEX "/converter/program/")
list(FILTER converter EXCLUDE REGEX "/converter/program/")

# zlib inflates chunks of HDF5, snappy blocks of TensorFlow's tables.
find_package(ZLIB REQUIRED)
find_package(Snappy REQUIRED)
add_library(verdict_convert STATIC ${converter})
add_library(verdict::convert ALIAS verdict_convert)
target_link_libraries(verdict_convert PUBLIC verdict PRIVATE ZLIB::ZLIB Snappy::snappy)
verdict_warnings(verdict_convert)
verdict_sanitize(verdict_convert)

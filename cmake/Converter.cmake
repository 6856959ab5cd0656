# The library verdict_convert: foreign checkpoints in, safetensors out. Native only. Its program is in Program.cmake.
# Sources include "verdict_convert/<file>.h"; installed headers have the same path.
file(CREATE_LINK "${PROJECT_SOURCE_DIR}/converter" "${CMAKE_BINARY_DIR}/include/verdict_convert" SYMBOLIC)
file(GLOB_RECURSE converter CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/converter/*.cc")
list(FILTER converter EXCLUDE REGEX "/converter/program/")
set(entry "${PROJECT_SOURCE_DIR}/converter/foreign_checkpoint.cc")
list(REMOVE_ITEM converter "${entry}")

# zlib inflates chunks of HDF5, snappy blocks of TensorFlow's tables.
find_package(ZLIB REQUIRED)
find_package(Snappy REQUIRED)
# Whoever links verdict_convert gets the object file of `open_foreign_checkpoint`, which a linker takes before the
# definition in the archive of the core library.
add_library(verdict_convert_entry OBJECT "${entry}")
target_link_libraries(verdict_convert_entry PRIVATE verdict)
add_library(verdict_convert STATIC ${converter})
add_library(verdict::convert ALIAS verdict_convert)
set_target_properties(verdict_convert PROPERTIES EXPORT_NAME convert)
target_link_libraries(verdict_convert PUBLIC verdict PRIVATE ZLIB::ZLIB Snappy::snappy
  INTERFACE "$<TARGET_OBJECTS:$<TARGET_NAME:verdict_convert_entry>>")
foreach(target verdict_convert verdict_convert_entry)
  verdict_warnings(${target})
  verdict_sanitize(${target})
endforeach()

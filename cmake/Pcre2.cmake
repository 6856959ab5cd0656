# PCRE2's 8-bit library without JIT, as objects: only what compiling and matching a pattern needs.
set(PCRE2_CONFIG "${CMAKE_BINARY_DIR}/pcre2")
configure_file("${PCRE2_SOURCE}/src/config.h.generic" "${PCRE2_CONFIG}/config.h" COPYONLY)
configure_file("${PCRE2_SOURCE}/src/pcre2.h.generic" "${PCRE2_CONFIG}/pcre2.h" COPYONLY)
configure_file("${PCRE2_SOURCE}/src/pcre2_chartables.c.dist" "${PCRE2_CONFIG}/pcre2_chartables.c" COPYONLY)

set(pcre2_sources auto_possess chkdint compile compile_class context extuni find_bracket match
                  match_data newline ord2utf script_run string_utils study tables ucd valid_utf xclass)
list(TRANSFORM pcre2_sources PREPEND "${PCRE2_SOURCE}/src/pcre2_")
list(TRANSFORM pcre2_sources APPEND ".c")
add_library(verdict_pcre2 OBJECT ${pcre2_sources} "${PCRE2_CONFIG}/pcre2_chartables.c")
target_include_directories(verdict_pcre2 SYSTEM PUBLIC "${PCRE2_CONFIG}" PRIVATE "${PCRE2_SOURCE}/src")
target_compile_definitions(verdict_pcre2 PUBLIC PCRE2_CODE_UNIT_WIDTH=8 PCRE2_STATIC
  PRIVATE HAVE_CONFIG_H SUPPORT_PCRE2_8=1 SUPPORT_UNICODE=1 HAVE_MEMMOVE=1)
target_compile_options(verdict_pcre2 PRIVATE -w -ffunction-sections -fdata-sections)
if(EMSCRIPTEN)
  target_compile_options(verdict_pcre2 PRIVATE -Oz)
endif()
set_target_properties(verdict_pcre2 PROPERTIES C_STANDARD 11)

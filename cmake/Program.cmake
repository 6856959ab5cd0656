# The arguments of both programs.
set(arguments "${PROJECT_SOURCE_DIR}/src/cli/arguments.cc")

file(GLOB cli CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/cli/*.cc")
add_executable(verdict_cli ${cli})
set_target_properties(verdict_cli PROPERTIES OUTPUT_NAME verdict)
target_link_libraries(verdict_cli PRIVATE verdict)
set(programs verdict_cli)

if(TARGET verdict_convert)
  target_link_libraries(verdict_cli PRIVATE verdict_convert)
  file(GLOB program CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/converter/program/*.cc")
  add_executable(verdict_convert_program ${program} "${arguments}")
  set_target_properties(verdict_convert_program PROPERTIES OUTPUT_NAME verdict-convert)
  target_link_libraries(verdict_convert_program PRIVATE verdict_convert)
  list(APPEND programs verdict_convert_program)
endif()

foreach(program ${programs})
  target_compile_definitions(${program} PRIVATE VERDICT_VERSION="${PROJECT_VERSION}")
  verdict_warnings(${program})
endforeach()

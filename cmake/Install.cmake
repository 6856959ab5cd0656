include(CMakePackageConfigHelpers)
install(TARGETS verdict EXPORT verdict-targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS ${programs} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY "${PROJECT_SOURCE_DIR}/src/" DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/verdict
        FILES_MATCHING PATTERN "*.h" PATTERN "*.def"
        PATTERN cli EXCLUDE PATTERN bindings EXCLUDE PATTERN xnnpack EXCLUDE)
if(TARGET verdict_convert)
  # The component "convert" of find_package; whoever does not ask for it needs neither zlib nor snappy.
  install(TARGETS verdict_convert verdict_convert_entry EXPORT verdict-convert-targets
          ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} OBJECTS DESTINATION ${CMAKE_INSTALL_LIBDIR}/verdict)
  install(DIRECTORY "${PROJECT_SOURCE_DIR}/converter/" DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/verdict_convert
          FILES_MATCHING PATTERN "*.h" PATTERN program EXCLUDE)
  install(EXPORT verdict-convert-targets NAMESPACE verdict:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/verdict)
endif()
# nlohmann_json stands in public headers.
install(DIRECTORY "${NLOHMANN_SOURCE}/include/nlohmann" DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT verdict-targets NAMESPACE verdict:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/verdict)
configure_package_config_file(cmake/verdict-config.cmake.in "${CMAKE_BINARY_DIR}/verdict-config.cmake"
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/verdict)
write_basic_package_version_file("${CMAKE_BINARY_DIR}/verdict-config-version.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_BINARY_DIR}/verdict-config.cmake" "${CMAKE_BINARY_DIR}/verdict-config-version.cmake"
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/verdict)

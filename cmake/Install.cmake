include(CMakePackageConfigHelpers)
install(TARGETS verdict EXPORT verdict-targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS verdict_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY "${PROJECT_SOURCE_DIR}/src/" DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/verdict
        FILES_MATCHING PATTERN "*.h" PATTERN "*.def"
        PATTERN cli EXCLUDE PATTERN bindings EXCLUDE PATTERN xnnpack EXCLUDE)
# nlohmann_json stands in public headers.
install(DIRECTORY "${NLOHMANN_SOURCE}/include/nlohmann" DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT verdict-targets NAMESPACE verdict:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/verdict)
configure_package_config_file(cmake/verdict-config.cmake.in "${CMAKE_BINARY_DIR}/verdict-config.cmake"
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/verdict)
write_basic_package_version_file("${CMAKE_BINARY_DIR}/verdict-config-version.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_BINARY_DIR}/verdict-config.cmake" "${CMAKE_BINARY_DIR}/verdict-config-version.cmake"
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/verdict)

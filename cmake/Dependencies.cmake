# Third-party sources, pinned. Where VERDICT_SOURCES_DIR names a folder (scripts/get-sources.sh fills one from Debian's
# source archive), they are taken from there; otherwise FetchContent clones exactly these commits. A commit's id is the
# hash of all that it holds, so git itself refuses other content. scripts/get-sources.sh names the archive's versions of
# the same revisions: both change together.
include(FetchContent)

set(VERDICT_SOURCES_DIR "$ENV{VERDICT_SOURCES_DIR}" CACHE PATH
    "Folder with the unpacked sources xnnpack, pthreadpool, fxdiv, pcre2, nlohmann-json3, googletest")

# Gives <out> the source folder of a dependency without running its own build.
function(verdict_source name repository commit out)
  if(VERDICT_SOURCES_DIR)
    if(NOT IS_DIRECTORY "${VERDICT_SOURCES_DIR}/${name}")
      message(FATAL_ERROR "VERDICT_SOURCES_DIR (${VERDICT_SOURCES_DIR}) has no folder ${name}. "
                          "Run scripts/get-sources.sh, or unset it to clone from GitHub.")
    endif()
    set(${out} "${VERDICT_SOURCES_DIR}/${name}" PARENT_SCOPE)
    return()
  endif()
  # A SOURCE_SUBDIR without CMakeLists.txt fetches and configures nothing.
  FetchContent_Declare(verdict_${name} GIT_REPOSITORY https://github.com/${repository}.git
                       GIT_TAG ${commit} SOURCE_SUBDIR verdict-none)
  FetchContent_MakeAvailable(verdict_${name})
  set(${out} "${verdict_${name}_SOURCE_DIR}" PARENT_SCOPE)
endfunction()

verdict_source(xnnpack google/XNNPACK 4ea82e595b36106653175dcb04b2aa532660d0d8 XNNPACK_SOURCE)
verdict_source(pthreadpool google/pthreadpool 0e6ca13779b57d397a5ba6bfdcaa8a275bc8ea2e PTHREADPOOL_SOURCE)
verdict_source(fxdiv Maratyszcza/FXdiv b408327ac2a15ec3e43352421954f5b1967701d1 FXDIV_SOURCE)
verdict_source(pcre2 PCRE2Project/pcre2 b2bd4254b379b9d7dc9a3dda060a7e27009ccdff PCRE2_SOURCE)
verdict_source(nlohmann-json3 nlohmann/json 9cca280a4d0ccf0c08f47a99aa71d1b0e52f8d03 NLOHMANN_SOURCE)
if(VERDICT_BUILD_TESTS)
  verdict_source(googletest google/googletest 6910c9d9165801d8827d628cb72eb7ea9dd538c5 GOOGLETEST_SOURCE)
endif()

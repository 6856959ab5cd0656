# Installs the build in BUILD to a temporary prefix, builds the consumer with it by find_package and runs
# it: cmake -D BUILD=… -D MODEL=… -D KERAS_MODEL=… -D CXX=… [-D RUN=an
# emulator] -P check.cmake
set(work "${BUILD}/consumer")
file(REMOVE_RECURSE "${work}")

function(step)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(code)
    message(FATAL_ERROR "\"${ARGN}\" failed (${code}):\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

step("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${work}/prefix")
step("${CMAKE_COMMAND}" -S "${CMAKE_CURRENT_LIST_DIR}" -B "${work}/build" -G Ninja
     "-DCMAKE_PREFIX_PATH=${work}/prefix" "-DCMAKE_CXX_COMPILER=${CXX}" -DCMAKE_BUILD_TYPE=Release)
step("${CMAKE_COMMAND}" --build "${work}/build")
step(${RUN} "${work}/build/consumer" "${MODEL}" "I love this film.")
if(NOT output MATCHES "^positive 0\\.[0-9]+\n$")
  message(FATAL_ERROR "The consumer printed \"${output}\".")
endif()
step(${RUN} "${work}/prefix/bin/verdict" --version)

# Of the component "convert" only what asks for it has anything.
execute_process(COMMAND ${RUN} "${work}/build/consumer_plain" "${KERAS_MODEL}" RESULT_VARIABLE code OUTPUT_VARIABLE output)
if(code EQUAL 0 OR NOT output MATCHES "not linked with the converter.*verdict-convert")
  message(FATAL_ERROR "The consumer without the converter ended with ${code} and printed \"${output}\".")
endif()
if(EXISTS "${work}/prefix/bin/verdict-convert")
  step(${RUN} "${work}/prefix/bin/verdict-convert" --version)
  step(${RUN} "${work}/build/consumer_convert" "${KERAS_MODEL}")
  if(NOT output MATCHES "^[A-Za-z]+ForSequenceClassification\n$")
    message(FATAL_ERROR "The consumer with the converter printed \"${output}\".")
  endif()
endif()
# What is installed must not lead back to the checkout.
file(GLOB_RECURSE scripts "${work}/prefix/*.cmake")
foreach(script ${scripts})
  file(STRINGS "${script}" leaks REGEX "${BUILD}")
  if(leaks)
    message(FATAL_ERROR "${script} names the build folder:\n${leaks}")
  endif()
endforeach()

# Warnings are errors in Verdict's own code.
function(verdict_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wconversion -Wshadow -Wpedantic -Werror)
endfunction()

/** The command line of native.cc, with further words before and after it. */
export const nativeProgram =
  (before = [], after = []) =>
  ({ root }) => [...before, `${root}/build/native/bin/verdict_benchmark`, ...after];

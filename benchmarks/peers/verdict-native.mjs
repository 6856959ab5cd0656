// This library natively: the program that the CMake option VERDICT_BUILD_BENCHMARKS builds.
export const title = 'Verdict';
export const command = ({ root }) => [`${root}/build/native/bin/verdict_benchmark`];

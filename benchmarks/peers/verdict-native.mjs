// This library natively: the program that the CMake option VERDICT_BUILD_BENCHMARKS builds.
import { nativeProgram } from './native-program.mjs';

export const title = 'Verdict';
export const command = nativeProgram();

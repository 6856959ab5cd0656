import { nativeProgram } from './native-program.mjs';

export const title = "Verdict with XNNPACK's products only";
export const command = nativeProgram(['env', 'VERDICT_KERNELS=xnnpack'], ['--without', 'none']);

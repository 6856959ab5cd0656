import { nativeProgram } from './native-program.mjs';

export const title = 'Verdict without residuals in norms';
export const command = nativeProgram([], ['--without', 'fuse_residual_norm']);

import { nativeProgram } from './native-program.mjs';

export const title = 'Verdict without activations in products';
export const command = nativeProgram([], ['--without', 'fuse_linear_activation']);

import { nativeProgram } from './native-program.mjs';

export const title = 'Verdict without merged products';
export const command = nativeProgram([], ['--without', 'merge_linears']);

import { nativeProgram } from './native-program.mjs';

export const title = 'Verdict without dropped rows';
export const command = nativeProgram([], ['--without', 'hoist_row_selection']);

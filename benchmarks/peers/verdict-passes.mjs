// This library natively, its plan made as `without-*` make theirs.
import { nativeProgram } from './native-program.mjs';

export const title = 'Verdict';
export const command = nativeProgram([], ['--without', 'none']);

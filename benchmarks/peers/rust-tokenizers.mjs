// The Rust library through its Python package, whose calls cost little beside the work.
import { join } from 'node:path';

export const title = 'tokenizers (Rust)';
export const command = ({ root, python }) => [
  python,
  join(root, 'benchmarks/peers/rust_tokenizers.py'),
];

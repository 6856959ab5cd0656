import { readFileSync } from 'node:fs';

const ARRAYS = { F32: Float32Array, F64: Float64Array, I32: Int32Array, I64: BigInt64Array };

/** The tensors of a small file as `{dims, data}` by name; int64 become numbers. */
export function readSafetensors(path) {
  const bytes = new Uint8Array(readFileSync(path));
  const headerSize = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + headerSize)));
  delete header.__metadata__;
  const tensors = {};
  for (const [name, { dtype, shape, data_offsets }] of Object.entries(header)) {
    const [begin, end] = data_offsets.map((offset) => 8 + headerSize + offset);
    const array = new ARRAYS[dtype](bytes.slice(begin, end).buffer);
    tensors[name] = { dims: shape, data: Array.from(array, Number) };
  }
  return tensors;
}

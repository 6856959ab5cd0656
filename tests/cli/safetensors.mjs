// Just enough of the safetensors format for the tests' small files.
import { readFileSync, writeFileSync } from 'node:fs';

const arrays = { F32: Float32Array, F64: Float64Array, I64: BigInt64Array };

/** Tensors by name: dtype, shape, the raw bytes and the numbers. */
export function readSafetensors(path) {
  const file = readFileSync(path);
  const length = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.toString('utf8', 8, 8 + length));
  delete header.__metadata__;
  return new Map(
    Object.entries(header).map(
      ([
        name,
        {
          dtype,
          shape,
          data_offsets: [first, last],
        },
      ]) => {
        const bytes = Uint8Array.prototype.slice.call(file, 8 + length + first, 8 + length + last);
        const values = Array.from(new arrays[dtype](bytes.buffer), Number);
        return [name, { dtype, shape, bytes, values }];
      },
    ),
  );
}

export function writeSafetensors(path, tensors) {
  const header = {};
  let offset = 0;
  for (const [name, { dtype, shape, bytes }] of tensors) {
    header[name] = { dtype, shape, data_offsets: [offset, (offset += bytes.length)] };
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  writeFileSync(
    path,
    Buffer.concat([length, json, ...[...tensors.values()].map(({ bytes }) => bytes)]),
  );
}

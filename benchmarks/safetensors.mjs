// Reads and writes safetensors files, one tensor at a time, as float32.
import { closeSync, openSync, readSync, writeSync } from 'node:fs';

/** float32 of every float16, by its bits. */
const HALF = Float32Array.from({ length: 1 << 16 }, (_, bits) => {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
});

/** `get(name)` gives a tensor of the file as a Float32Array. The file holds F32 and F16. */
export function openSafetensors(path) {
  const file = openSync(path, 'r');
  const read = (begin, size) => {
    const bytes = new Uint8Array(size);
    for (let at = 0; at < size;) {
      const count = readSync(file, bytes, at, size - at, begin + at);
      if (count === 0) throw new Error(`${path} ends before byte ${begin + size}.`);
      at += count;
    }
    return bytes;
  };
  const size = Number(new DataView(read(0, 8).buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(read(8, size)));
  return {
    get(name) {
      const info = header[name];
      if (!info) throw new Error(`${path} has no tensor "${name}".`);
      const [begin, end] = info.data_offsets;
      const { buffer } = read(8 + size + begin, end - begin);
      if (info.dtype === 'F32') return new Float32Array(buffer);
      if (info.dtype === 'F16') {
        const halves = new Uint16Array(buffer);
        const values = new Float32Array(halves.length);
        for (let i = 0; i < values.length; ++i) values[i] = HALF[halves[i]];
        return values;
      }
      throw new Error(`The tensor "${name}" of ${path} is ${info.dtype}; F32 or F16 was expected.`);
    },
    close: () => closeSync(file),
  };
}

/** Writes float32 tensors: `parameters` is [[name, shape], …], `get(name)` gives the values. */
export function writeSafetensors(path, parameters, get) {
  const header = {};
  let end = 0;
  for (const [name, shape] of parameters) {
    const begin = end;
    end += 4 * shape.reduce((a, b) => a * b, 1);
    header[name] = { dtype: 'F32', shape, data_offsets: [begin, end] };
  }
  const text = JSON.stringify(header);
  const json = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(json.length));
  const file = openSync(path, 'w');
  for (const bytes of [prefix, json]) writeSync(file, bytes);
  for (const [name] of parameters) writeSync(file, new Uint8Array(get(name).buffer));
  closeSync(file);
}

import type { RawTensor } from '../tensor.js';

/** A safetensors file (https://github.com/huggingface/safetensors, "Format"). */
export function safetensors(tensors: readonly (readonly [string, RawTensor])[]): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  let size = 0;
  for (const [name, { dtype, dims, bytes }] of tensors) {
    header[name] = { dtype, shape: dims, data_offsets: [size, size + bytes.length] };
    size += bytes.length;
  }
  let json = new TextEncoder().encode(JSON.stringify(header));
  const padded = new Uint8Array(Math.ceil(json.length / 8) * 8).fill(0x20);
  padded.set(json);
  json = padded;
  const out = new Uint8Array(8 + json.length + size);
  new DataView(out.buffer).setBigUint64(0, BigInt(json.length), true);
  out.set(json, 8);
  let at = 8 + json.length;
  for (const [, { bytes }] of tensors) {
    out.set(bytes, at);
    at += bytes.length;
  }
  return out;
}

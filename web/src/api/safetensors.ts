const ELEMENT_BYTES = 4;

/**
 * The beginning of a safetensors file (https://github.com/huggingface/safetensors, "Format") of
 * float32 tensors; the data follows in the order of `names`, `size` bytes in all.
 */
export function safetensorsHeader(tensors: readonly { name: string; shape: readonly number[] }[]): {
  header: Uint8Array;
  size: number;
  names: string[];
} {
  const entries: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  let size = 0;
  for (const { name, shape } of tensors) {
    const bytes = shape.reduce((product, dim) => product * dim, ELEMENT_BYTES);
    entries[name] = { dtype: 'F32', shape, data_offsets: [size, size + bytes] };
    size += bytes;
  }
  const json = new TextEncoder().encode(JSON.stringify(entries));
  const length = Math.ceil(json.length / 8) * 8;
  const header = new Uint8Array(8 + length).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.set(json, 8);
  return { header, size, names: tensors.map(({ name }) => name) };
}

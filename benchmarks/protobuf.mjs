// Fields of Protocol Buffers messages.

export function varint(value) {
  const bytes = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}
const key = (field, wire) => varint((field << 3) | wire);
export const integer = (field, value) => Buffer.concat([key(field, 0), varint(value)]);
export function float(field, value) {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.concat([key(field, 5), bytes]);
}
const byteLength = (parts) =>
  Array.isArray(parts) ? parts.reduce((sum, part) => sum + byteLength(part), 0) : parts.length;
/** A length-delimited field; nested lists of parts are joined only when they are written. */
export const message = (field, parts) => [key(field, 2), varint(byteLength(parts)), parts];
export const string = (field, text) => message(field, Buffer.from(text));

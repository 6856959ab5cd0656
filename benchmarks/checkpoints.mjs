// Writes a BERT classifier in the files that the converter reads: TensorFlow 1's bundle and
// PyTorch's zip (keras_h5.py: Keras'). `parameters` is [[name, shape], …] in the reference's spelling, `get(name)` gives the values.
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { integer, message, varint } from './protobuf.mjs';

/** The values of a matrix [rows, columns] as [columns, rows]. */
export function transpose(values, rows, columns) {
  const out = new Float32Array(values.length);
  for (let r = 0; r < rows; ++r) {
    for (let c = 0; c < columns; ++c) out[c * rows + r] = values[r * columns + c];
  }
  return out;
}

const bytesOf = (values) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
const size = (shape) => shape.reduce((a, b) => a * b, 1);

/** Eight tables of the Castagnoli polynomial: a step takes eight bytes. */
const CASTAGNOLI = (() => {
  const tables = Array.from({ length: 8 }, () => new Uint32Array(256));
  for (let byte = 0; byte < 256; ++byte) {
    let crc = byte;
    for (let bit = 0; bit < 8; ++bit) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
    tables[0][byte] = crc;
  }
  for (let t = 1; t < 8; ++t) {
    for (let byte = 0; byte < 256; ++byte) {
      const crc = tables[t - 1][byte];
      tables[t][byte] = (crc >>> 8) ^ tables[0][crc & 255];
    }
  }
  return tables;
})();

/** CRC-32C, masked as TensorFlow stores it. */
function maskedCrc(bytes) {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = CASTAGNOLI;
  let crc = 0xffffffff;
  let at = 0;
  for (; at + 8 <= bytes.length; at += 8) {
    const low =
      crc ^ (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24));
    crc =
      t7[low & 255] ^
      t6[(low >>> 8) & 255] ^
      t5[(low >>> 16) & 255] ^
      t4[low >>> 24] ^
      t3[bytes[at + 4]] ^
      t2[bytes[at + 5]] ^
      t1[bytes[at + 6]] ^
      t0[bytes[at + 7]];
  }
  for (; at < bytes.length; ++at) crc = (crc >>> 8) ^ t0[(crc ^ bytes[at]) & 255];
  crc = ~crc >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** TensorFlow 1's name of a parameter, and whether its matrix is stored transposed. */
function tensorflowName(name) {
  if (name === 'classifier.weight') return ['output_weights', false];
  if (name === 'classifier.bias') return ['output_bias', false];
  const path = name.replace(/layer\.(\d+)/, 'layer_$1').replaceAll('.', '/');
  if (path.endsWith('_embeddings/weight')) return [path.replace(/\/weight$/, ''), false];
  if (path.includes('LayerNorm')) {
    return [path.replace(/weight$/, 'gamma').replace(/bias$/, 'beta'), false];
  }
  return [path.replace(/weight$/, 'kernel'), path.endsWith('weight')];
}

function littleEndian(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}

/** A block of a table with one restart point, and its trailer. */
function tableBlock(entries) {
  const parts = [];
  let before = Buffer.alloc(0);
  entries.forEach(([key, value], i) => {
    let shared = 0;
    while (i > 0 && shared < Math.min(before.length, key.length) && before[shared] === key[shared])
      ++shared;
    parts.push(varints(shared, key.length - shared, value.length), key.subarray(shared), value);
    before = key;
  });
  const typed = Buffer.concat([...parts, littleEndian(0), littleEndian(1), Buffer.from([0])]);
  return Buffer.concat([typed, littleEndian(maskedCrc(typed))]);
}

const varints = (...numbers) => Buffer.concat(numbers.map(varint));

/** `prefix`.index and `prefix`.data-00000-of-00001. */
export function writeTensorBundle(prefix, parameters, get) {
  const FLOAT = 1;
  const data = openSync(`${prefix}.data-00000-of-00001`, 'w');
  const entries = [];
  let offset = 0;
  for (const [name, shape] of parameters) {
    const [variable, transposed] = tensorflowName(name);
    const values = get(name);
    const bytes = bytesOf(transposed ? transpose(values, ...shape) : values);
    writeSync(data, bytes);
    const dims = transposed ? shape.toReversed() : shape;
    const entry = [
      integer(1, FLOAT),
      message(
        2,
        dims.map((dim) => message(2, integer(1, dim))),
      ),
      integer(4, offset),
      integer(5, bytes.length),
      Buffer.from([(6 << 3) | 5]),
      littleEndian(maskedCrc(bytes)),
    ];
    entries.push([Buffer.from(variable), Buffer.concat(entry.flat(Infinity))]);
    offset += bytes.length;
  }
  closeSync(data);
  entries.sort(([a], [b]) => Buffer.compare(a, b));
  const header = [integer(1, 1), message(3, integer(1, 1))];
  const block = tableBlock([[Buffer.alloc(0), Buffer.concat(header.flat(Infinity))], ...entries]);
  const none = tableBlock([]);
  const TRAILER = 5;
  const lastKey = entries.at(-1)[0];
  const index = tableBlock([[lastKey, varints(0, block.length - TRAILER)]]);
  const footer = Buffer.alloc(48);
  varints(
    block.length,
    none.length - TRAILER,
    block.length + none.length,
    index.length - TRAILER,
  ).copy(footer);
  footer.writeBigUInt64LE(0xdb4775248b80fb57n, 40);
  writeFileSync(`${prefix}.index`, Buffer.concat([block, none, index, footer]));
}

/** A pickle of protocol 2: a dict of tensors, each with a storage of its own. */
function stateDictPickle(parameters) {
  const parts = [];
  const opcode = (text) => parts.push(Buffer.from(text, 'latin1'));
  const number = (value) => parts.push(Buffer.from('J'), littleEndian(value));
  const text = (value) => {
    const bytes = Buffer.from(value);
    opcode('X');
    parts.push(littleEndian(bytes.length), bytes);
  };
  const tuple = (values) => {
    opcode('(');
    values.forEach(number);
    opcode('t');
  };
  opcode('\x80\x02}(');
  parameters.forEach(([name, shape], i) => {
    text(name);
    opcode('ctorch._utils\n_rebuild_tensor_v2\n((');
    text('storage');
    opcode('ctorch\nFloatStorage\n');
    text(String(i));
    text('cpu');
    number(size(shape));
    opcode('tQ');
    number(0);
    tuple(shape);
    tuple(shape.map((_, axis) => size(shape.slice(axis + 1))));
    opcode('\x89ccollections\nOrderedDict\n)RtR');
  });
  opcode('u.');
  return Buffer.concat(parts);
}

/** `path`, as `torch.save` writes a state_dict. */
export function writePytorchZip(path, parameters, get) {
  const file = openSync(path, 'w');
  const central = [];
  let offset = 0;
  const write = (bytes) => {
    writeSync(file, bytes);
    offset += bytes.length;
  };
  const member = (name, bytes) => {
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt32LE(crc32(bytes), 10);
    fields.writeUInt32LE(bytes.length, 14);
    fields.writeUInt32LE(bytes.length, 18);
    fields.writeUInt16LE(name.length, 22);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    central.push(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), fields, rest, Buffer.from(name));
    write(Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), fields, Buffer.from(name)]));
    write(bytes);
  };
  member('archive/data.pkl', stateDictPickle(parameters));
  member('archive/byteorder', Buffer.from('little'));
  parameters.forEach(([name], i) => member(`archive/data/${i}`, bytesOf(get(name))));
  member('archive/version', Buffer.from('3\n'));
  const start = offset;
  write(Buffer.concat(central));
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(central.length / 4, 8);
  end.writeUInt16LE(central.length / 4, 10);
  end.writeUInt32LE(offset - start, 12);
  end.writeUInt32LE(start, 16);
  write(end);
  closeSync(file);
}

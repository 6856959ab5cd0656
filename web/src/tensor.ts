import { VerdictError } from './errors.js';

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  int64: BigInt64Array,
  int32: Int32Array,
} as const;

/** Stored names of the element types (safetensors). */
const STORED = { float32: 'F32', float64: 'F64', int64: 'I64', int32: 'I32' } as const;

export type TensorType = keyof typeof ARRAYS;
export type TensorData = Float32Array | Float64Array | BigInt64Array | Int32Array;

/** A dense, row-major tensor. */
export class Tensor {
  constructor(
    readonly type: TensorType,
    readonly data: TensorData,
    readonly dims: readonly number[],
  ) {
    if (!Object.hasOwn(ARRAYS, type)) {
      throw new VerdictError(
        'invalid_argument',
        `The tensor type "${type}" is unknown; use ${Object.keys(ARRAYS).join(', ')}.`,
      );
    }
    const size = dims.reduce((product, dim) => product * dim, 1);
    if (!(data instanceof ARRAYS[type]) || data.length !== size) {
      throw new VerdictError(
        'invalid_argument',
        `A ${type} tensor of the shape [${dims.join(', ')}] needs a ${ARRAYS[type].name} of ${size} elements.`,
      );
    }
  }

  get size(): number {
    return this.data.length;
  }

  /** Nested arrays of numbers (of bigints for int64). */
  tolist(): unknown {
    const nest = (offset: number, axis: number): unknown => {
      const dim = this.dims[axis];
      if (dim === undefined) return this.data[offset];
      const stride = this.dims.slice(axis + 1).reduce((product, d) => product * d, 1);
      return Array.from({ length: dim }, (_, i) => nest(offset + i * stride, axis + 1));
    };
    return nest(0, 0);
  }
}

/** A tensor as it travels to the engine. */
export interface RawTensor {
  dtype: string;
  dims: readonly number[];
  bytes: Uint8Array;
}

export function toRaw(tensor: Tensor): RawTensor {
  const { buffer, byteOffset, byteLength } = tensor.data;
  return {
    dtype: STORED[tensor.type],
    dims: tensor.dims,
    bytes: new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength),
  };
}

/** The float32 or float64 tensors that the engine gives back. */
export function fromRaw(raw: RawTensor): Tensor {
  const bytes = raw.bytes.slice().buffer;
  return raw.dtype === 'F64'
    ? new Tensor('float64', new Float64Array(bytes), raw.dims)
    : new Tensor('float32', new Float32Array(bytes), raw.dims);
}

/** Integer rows, or floating values where one is no integer, as a tensor. */
export function asTensor(value: unknown, name: string): Tensor {
  if (value instanceof Tensor) return value;
  if (!Array.isArray(value)) {
    throw new VerdictError('invalid_argument', `${name} must be a Tensor or an array of numbers.`);
  }
  const rows: unknown[] = value;
  const dims = Array.isArray(rows[0]) ? [rows.length, rows[0].length] : [rows.length];
  const flat: unknown[] = rows.flat();
  const ragged =
    dims.length === 2 && rows.some((row) => !Array.isArray(row) || row.length !== dims[1]);
  if (ragged || !flat.every((x): x is number => typeof x === 'number')) {
    throw new VerdictError(
      'invalid_argument',
      `${name} must be numbers in rows of one length; pad the rows, or pass a Tensor.`,
    );
  }
  if (flat.every((x) => Number.isSafeInteger(x))) {
    return new Tensor('int64', BigInt64Array.from(flat.map(BigInt)), dims);
  }
  return new Tensor('float32', Float32Array.from(flat), dims);
}

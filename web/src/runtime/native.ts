import { VerdictError, type VerdictErrorCode } from '../errors.js';
import type { RawTensor } from '../tensor.js';
import type { NativeModule, NativeObject, NativeTensors } from './module.js';

type Reply = { value: unknown } | { error: { code: VerdictErrorCode; message: string } };

/** The value of a reply; throws its error. */
export function unwrap<T>(reply: string): T {
  const parsed = JSON.parse(reply) as Reply;
  if ('error' in parsed) throw new VerdictError(parsed.error.code, parsed.error.message);
  return parsed.value as T;
}

/** Runs `use` with a C++ object that lives no longer. */
export function withNative<O extends NativeObject, T>(object: O, use: (object: O) => T): T {
  try {
    return use(object);
  } finally {
    object.delete();
  }
}

/** Copies tensors into memory. */
export function pushTensors(native: NativeTensors, tensors: Record<string, RawTensor>): void {
  for (const [name, tensor] of Object.entries(tensors)) {
    unwrap(native.add(name, tensor.dtype, JSON.stringify(tensor.dims)));
    native.data(native.size() - 1).set(tensor.bytes);
  }
}

/** Copies tensors out of memory. */
export function pullTensors(native: NativeTensors): Record<string, RawTensor> {
  const tensors: Record<string, RawTensor> = {};
  for (let i = 0; i < native.size(); ++i) {
    const info = JSON.parse(native.info(i)) as { name: string; dtype: string; shape: number[] };
    tensors[info.name] = { dtype: info.dtype, dims: info.shape, bytes: native.data(i).slice() };
  }
  return tensors;
}

export interface BuildInfo {
  version: string;
  variant: string;
  has_threads: boolean;
  model_types: { model_type: string; class_name: string; family: string; arguments: string[] }[];
}

export function buildInfo(module: NativeModule): BuildInfo {
  return JSON.parse(module.build_info()) as BuildInfo;
}

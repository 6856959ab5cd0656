import { VerdictError } from '../errors.js';
import { variants } from '../wasm/manifest.js';
import type { CreateModule } from './module.js';
import { isNode } from './platform.js';

/** A build of the core: plain or relaxed SIMD, with or without threads. */
export type Variant = 'simd' | 'simd-threads' | 'relaxed' | 'relaxed-threads';

/** (func (result v128) (i8x16.splat 0)) */
const SIMD = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 8, 1, 6, 0, 65, 0, 253, 15,
  11,
];
/** The same with f32x4.relaxed_madd over three of them. */
const RELAXED = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 19, 1, 17, 0, 65, 0, 253, 15,
  65, 0, 253, 15, 65, 0, 253, 15, 253, 133, 2, 11,
];

const validates = (bytes: number[]): boolean =>
  typeof WebAssembly === 'object' && WebAssembly.validate(new Uint8Array(bytes));

/** Whether memory can really be shared with workers here. */
export function threadsAreUsable(): boolean {
  if (typeof SharedArrayBuffer === 'undefined') return false;
  if (globalThis.crossOriginIsolated === false) return false;
  if (!isNode && typeof Worker === 'undefined') return false;
  try {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    if (!isNode) structuredClone(memory);
    return memory.buffer instanceof SharedArrayBuffer;
  } catch {
    return false;
  }
}

/** The variants that this engine can run, the best first. */
export function usableVariants(threads: boolean): Variant[] {
  if (!validates(SIMD)) {
    throw new VerdictError(
      'unsupported',
      'This engine has no WebAssembly SIMD. Use a browser from 2023 on, or Node 20.',
    );
  }
  const levels = validates(RELAXED) ? (['relaxed', 'simd'] as const) : (['simd'] as const);
  return levels.flatMap((level): Variant[] =>
    threads && threadsAreUsable() ? [`${level}-threads`, level] : [level],
  );
}

/** Modules that the program holds already, where dynamic imports are not possible. */
export type StaticModules = Partial<Record<Variant, CreateModule>>;

/** Each path is written out, so that bundlers find the files. */
const IMPORTS: Record<Variant, () => Promise<{ default: CreateModule }>> = {
  simd: () => import('../wasm/verdict-simd.mjs'),
  'simd-threads': () => import('../wasm/verdict-simd-threads.mjs'),
  relaxed: () => import('../wasm/verdict-relaxed.mjs'),
  'relaxed-threads': () => import('../wasm/verdict-relaxed-threads.mjs'),
};

/** The module of `forced`, or of the best variant that is usable and built. */
export async function importVariant(
  threads: boolean,
  forced: Variant | '',
  modules?: StaticModules,
): Promise<{ variant: Variant; create: CreateModule }> {
  const built: readonly string[] = modules ? Object.keys(modules) : variants;
  const usable = usableVariants(forced ? true : threads);
  if (forced && !usable.includes(forced)) {
    throw new VerdictError(
      'unsupported',
      `The variant "${forced}" cannot run here; this engine runs ${usable.join(', ')}.`,
    );
  }
  const candidates = forced ? [forced] : usable;
  const variant = candidates.find((name) => built.includes(name));
  if (!variant) {
    throw new VerdictError(
      'unsupported',
      `This build holds the variants ${built.join(', ')}; ${candidates.join(' or ')} was needed.`,
    );
  }
  return { variant, create: modules?.[variant] ?? (await IMPORTS[variant]()).default };
}

import { checkKinds } from '../check.js';
import type { EngineSettings } from '../env.js';
import { VerdictError } from '../errors.js';
import type { ModuleOptions, NativeModule, NativeRuntime } from './module.js';
import { buildInfo, unwrap, type BuildInfo } from './native.js';
import { isNode } from './platform.js';
import { importVariant, type StaticModules } from './variants.js';

/** A module in memory and the threads that its models share. */
export interface Loaded {
  module: NativeModule;
  runtime: NativeRuntime;
  info: BuildInfo;
  threads: number;
}

/**
 * The module that the settings ask for, or the best one that runs here, with its threads.
 *
 * `modules`: the variants to choose from, instead of those that are imported when needed.
 */
export async function instantiate(
  wasm: EngineSettings['wasm'],
  modules?: StaticModules,
): Promise<Loaded> {
  const wanted = wasm.threads === 'auto' ? await defaultThreads() : wasm.threads;
  checkKinds({ 'env.wasm.threads': wanted }, { 'env.wasm.threads': { least: 1 } });
  if (wasm.module && !wasm.variant) {
    throw new VerdictError(
      'invalid_argument',
      'env.wasm.module needs env.wasm.variant: the variant that the module was built as.',
    );
  }
  const { variant, create } = await importVariant(wanted > 1, wasm.variant, modules);
  const threads = variant.endsWith('-threads') ? wanted : 1;
  const module = await create({
    pthreadPoolSize: threads - 1,
    ...(wasm.path && { locateFile: (file: string) => wasm.path + file }),
    ...(wasm.module && { instantiateWasm: instantiator(wasm.module) }),
  }).catch((cause: unknown) => {
    throw cause instanceof RangeError
      ? new VerdictError('out_of_memory', 'There is not enough memory for WebAssembly.', {
          cause,
        })
      : new VerdictError('network', `The WebAssembly module cannot be loaded: ${String(cause)}.`, {
          cause,
        });
  });
  const runtime = new module.Runtime();
  unwrap(runtime.open(threads));
  return { module, runtime, info: buildInfo(module), threads };
}

/** Half of the cores, at most four. */
async function defaultThreads(): Promise<number> {
  const cores = isNode
    ? (await import('#node-files')).coreCount()
    : (globalThis.navigator?.hardwareConcurrency ?? 1);
  return Math.min(4, Math.max(1, cores >> 1));
}

/** Instantiates a module that is compiled already. */
function instantiator(module: object): NonNullable<ModuleOptions['instantiateWasm']> {
  if (!(module instanceof WebAssembly.Module)) {
    throw new VerdictError('invalid_argument', 'env.wasm.module is no WebAssembly.Module.');
  }
  return (imports, receive) => {
    const instance = new WebAssembly.Instance(module, imports as WebAssembly.Imports);
    receive(instance, module);
    return instance.exports;
  };
}

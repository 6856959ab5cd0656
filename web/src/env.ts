/** Settings of the whole package; change them before anything is loaded. */
export const env = {
  version: '0.1.0',

  /** Whether names may be fetched from `remoteHost`. */
  allowRemoteModels: true,
  remoteHost: 'https://huggingface.co',
  /** `{host}`, `{model}`, `{revision}` and `{file}` are filled in. */
  remotePathTemplate: '{host}/{model}/resolve/{revision}/{file}',

  /** Keep downloads: in IndexedDB in browsers, in files in Node. */
  useCache: true,
  /** Node: the folder of the cache; empty: VERDICT_CACHE, or verdict in the user's cache folder. */
  cacheDir: '',

  /** Where the default model lies for `pipeline('text-classification')` without a name; empty: the
   * model's folder beside the package where there is one (Node), else its name at `remoteHost`. */
  defaultModel: '',

  wasm: {
    /** Folder of the `.wasm` files, ending in `/`; empty: beside the package's JavaScript. */
    path: '',
    /** Threads of a model; `'auto'`: half of the cores, at most 4. More than one needs shared memory. */
    threads: 'auto' as number | 'auto',
    /** A compiled `WebAssembly.Module` of `variant`, where bytes must not be compiled (workerd). */
    module: null as object | null,
    /** Take this variant instead of the best one: simd, simd-threads, relaxed or relaxed-threads. */
    variant: '' as '' | 'simd' | 'simd-threads' | 'relaxed' | 'relaxed-threads',
  },

  /** Run in a worker, so that the page stays responsive; default: in browsers. */
  useWorker: typeof window !== 'undefined',

  /** Called with warnings, such as what `from_pretrained` did not find. */
  warn: (message: string): void => console.warn(message),
};

/** The part of `env` that the engine needs, which may live in a worker. */
export type EngineSettings = Omit<typeof env, 'warn' | 'useWorker'>;

export function engineSettings(): EngineSettings {
  const { warn: _warn, useWorker: _useWorker, ...settings } = env;
  return settings;
}
